// A real OpenID provider on loopback, for one client. People sign in with any name and any password; which groups they have stands in PEOPLE, a JSON object by
// name. Prints its issuer once it listens, reads from its standard input where people are sent back to, and ends when that input does.
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

const groups = JSON.parse(process.env.PEOPLE);
const server = createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://${process.env.HOST}:${server.address().port}`;
console.log(issuer);
const input = createInterface({ input: process.stdin });
const [redirect] = await once(input, "line");

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: process.env.CLIENT,
      client_secret: process.env.SECRET,
      redirect_uris: [redirect],
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
console.log("ready");
input.on("close", () => process.exit(0));
