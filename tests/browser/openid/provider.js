// A certified OpenID provider on a port of this machine: node provider.js PORT REDIRECT_URI
// Whoever types a name on its login page is that person, at that name's domain.
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "dashboard",
      client_secret: "dashboard-secret",
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [redirectUri, new URL("/", redirectUri).href, new URL(redirectUri).origin],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["only for tests"] },
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id,
      email: id.includes("@") ? id : `${id}@example.com`,
      email_verified: !id.startsWith("unverified"),
      name: id.split("@")[0],
    }),
  }),
});
provider.listen(Number(port), "localhost", () => console.log("ready"));
process.stdin.resume().on("end", () => process.exit()); // it ends with whoever started it
