"""Names that do something to code that takes them for Markdown, HTML, a formula or one line."""

from __future__ import annotations

ODD_NAMES = (
    '=HYPERLINK("https://example.com/steal","Click me")',
    "![pixel](https://example.com/x.png) <img src=x onerror=alert(1)> <b>bold</b>",
    "A name that goes on and on, " + "and on, " * 60 + "until nobody reads it",
    "مراجعة خطة الإطلاق מסמך",
    "🚀 Launch 🎉 👩‍👩‍👧‍👦 naïve Zürich 東京",
    "",
    "**not bold** [link](javascript:alert(1)) $x^2$ :material/home: | a | b |",
    "+1 -1 @cmd\t'quoted', \"twice\"",
)
