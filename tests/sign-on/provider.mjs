// A real OpenID provider on loopback, for one client. People sign in with any name and any password; which groups they have stands in PEOPLE, a JSON object by
// name. Prints its issuer once it listens, and ends when its standard input does.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const groups = JSON.parse(process.env.PEOPLE);
const server = createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: process.env.CLIENT,
      client_secret: process.env.SECRET,
      redirect_uris: [process.env.REDIRECT],
      token_endpoint_auth_method: process.env.AUTHENTICATION,
    },
  ],
  // The provider's own insistence on PKCE, so that a sign-in without it fails.
  pkce: { required: () => true },
  claims: { openid: ["sub", "groups"], profile: ["name"], email: ["email", "email_verified"] },
  // Of whose name begins so, the ID token says nothing: the groups are at the UserInfo endpoint.
  findAccount: (_, id) => ({
    accountId: id,
    claims: (use) => ({
      sub: id,
      name: `Person <${id}>`,
      email: `${id}@example.com`,
      email_verified: true,
      ...(use === "id_token" && id.startsWith("late-") ? {} : { groups: groups[id] }),
    }),
  }),
});
server.on("request", provider.callback());
console.log(issuer);
process.stdin.on("end", () => process.exit(0)).resume();
