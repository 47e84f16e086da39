//! At a provider that lies, answers for somebody else, or does not come to an end.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64URL_NOPAD;
use doorlist_tests::{Page, Scratch, Server, Visitor};
use rcgen::{KeyPair, PKCS_ED25519, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{CLIENT, REDIRECT, SECRET, SESSION, configure, leave, parameter, with};

/// What is answered at a path.
#[derive(Clone)]
struct Answer {
    head: String,
    body: Vec<u8>,
    /// How long it keeps whoever asks waiting.
    after: Duration,
}

/// A provider that answers as a test wants it to.
struct Op {
    issuer: String,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    /// What was sent to the token endpoint last.
    asked: Arc<Mutex<String>>,
    key: KeyPair,
}

fn json_answer(value: &Value) -> Answer {
    answer("200 OK\r\ncontent-type: application/json", value.to_string().into_bytes())
}

fn answer(head: &str, body: Vec<u8>) -> Answer {
    Answer { head: head.to_owned(), body, after: Duration::ZERO }
}

/// Reads one request and answers it.
fn serve(stream: TcpStream, answers: &Mutex<BTreeMap<String, Answer>>, asked: &Mutex<String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    if path == "/token" {
        *asked.lock().unwrap() = format!("{head}{}", String::from_utf8_lossy(&body));
    }
    let answer = answers.lock().unwrap().get(&path).cloned().unwrap_or_else(|| answer("404 Not Found", Vec::new()));
    thread::sleep(answer.after);
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.head, answer.body.len())?;
    stream.write_all(&answer.body)
}

impl Op {
    /// One that says the truth about itself.
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let op = Self { issuer, answers: Arc::default(), asked: Arc::default(), key: new_key() };
        let (answers, asked) = (Arc::clone(&op.answers), Arc::clone(&op.asked));
        // Ends with the process: nobody waits for it.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, asked) = (Arc::clone(&answers), Arc::clone(&asked));
                // Whoever hangs up on it is not its matter.
                thread::spawn(move || drop(serve(stream, &answers, &asked)));
            }
        });
        op.put("/.well-known/openid-configuration", json_answer(&op.metadata(&json!({}))));
        op.put("/jwks", json_answer(&jwks(&op.key, "first")));
        op
    }

    /// What it says of itself, but for this.
    fn metadata(&self, more: &Value) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let mut metadata = json!({
            "issuer": self.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"), "jwks_uri": at("/jwks"),
            "userinfo_endpoint": at("/userinfo"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
        });
        for (name, value) in more.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        metadata
    }

    fn put(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Claims as they should be, but for these; null takes one away.
    fn claims(&self, nonce: &str, more: &Value) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "kim", "nonce": nonce, "iat": now, "exp": now + 300, "name": "Kim", "groups": ["door-owners"],
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    /// Answers the token endpoint with this ID token.
    fn give(&self, token: &str) {
        self.put("/token", json_answer(&json!({"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": token})));
    }
}

fn new_key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ED25519).unwrap()
}

fn jwks(key: &KeyPair, id: &str) -> Value {
    let x = BASE64URL_NOPAD.encode(key.public_key_raw());
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": id, "x": x}]})
}

/// A JSON Web Token (RFC 7519) with a signature made by `sign`.
fn jwt(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = BASE64URL_NOPAD.encode(&sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn signed(key: &KeyPair, id: &str, claims: &Value) -> String {
    jwt(&json!({"alg": "EdDSA", "kid": id}), claims, |bytes| key.sign(bytes).unwrap())
}

/// HMAC with SHA-256 (RFC 2104) and a key of at most 64 bytes.
fn hmac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(bytes).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

/// A server whose provider this is.
fn server(scratch: &Scratch, op: &Op) -> Server {
    with(&configure(scratch, &op.issuer, &json!([{"value": "door-owners", "role": "owner", "tenants": "all"}]), &json!({}))).start()
}

/// Goes to the provider and comes back with whatever ID token `token` makes for the nonce.
#[track_caller]
fn come_back(server: &Server, op: &Op, token: impl FnOnce(&str) -> String) -> (Visitor, Page) {
    let mut visitor = Visitor::new(server.address());
    let address = leave(&mut visitor, "/dashboard");
    op.give(&token(&parameter(&address, "nonce")));
    let back = format!("/dashboard/single-sign-on/callback?code=a%2Bcode&state={}", parameter(&address, "state"));
    let page = visitor.get(&back);
    (visitor, page)
}

/// The status, and the text if it is a page, of what may be a 503, which no other page of the tests is.
fn raw(server: &Server, path: &str, cookie: &str) -> (u16, String) {
    let agent = doorlist_tests::http::agent();
    let mut answer = agent.get(format!("http://{}{path}", server.address())).header("cookie", cookie).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

#[test]
fn an_id_token_is_believed_if_all_of_it_holds() {
    let (scratch, op) = (Scratch::new(), Op::start());
    let server = server(&scratch, &op);
    let good = |op: &Op, nonce: &str| signed(&op.key, "first", &op.claims(nonce, &json!({})));
    let (visitor, page) = come_back(&server, &op, |nonce| good(&op, nonce));
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(visitor.cookie(SESSION).is_some());
    // The code was shown with what only whoever began has, and with the client's secret, as the standards spell them.
    let asked = op.asked.lock().unwrap().clone();
    let basic = data_encoding::BASE64.encode(format!("{CLIENT}:what+only+the+two+know%3A+%2B%2F%25").as_bytes());
    assert!(asked.contains(&format!("Basic {basic}")) && asked.contains("grant_type=authorization_code"), "{asked}");
    assert!(asked.contains("code=a%2Bcode") && asked.contains("code_verifier="), "{asked}");
    assert!(asked.contains(&format!("redirect_uri={}", REDIRECT.replace(':', "%3A").replace('/', "%2F"))), "{asked}");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for (what, more) in [
        ("another nonce", json!({"nonce": "0".repeat(64)})),
        ("no nonce", json!({"nonce": null})),
        ("another audience", json!({"aud": "somebody"})),
        ("another audience beside", json!({"aud": [CLIENT, "somebody"]})),
        ("no audience", json!({"aud": null})),
        ("another client's", json!({"azp": "somebody"})),
        ("another issuer", json!({"iss": "https://id.example.com"})),
        ("expired", json!({"exp": now - 1})),
        ("no expiry", json!({"exp": null})),
        ("no subject", json!({"sub": null})),
        ("an empty subject", json!({"sub": ""})),
        ("a long subject", json!({"sub": "x".repeat(256)})),
    ] {
        let (visitor, page) = come_back(&server, &op, |nonce| signed(&op.key, "first", &op.claims(nonce, &more)));
        refused(what, &visitor, &page);
    }
    let other = new_key();
    let forgeries: [(&str, &dyn Fn(&str) -> String); 7] = [
        ("signed by somebody else", &|nonce| signed(&other, "first", &op.claims(nonce, &json!({})))),
        ("signed by nobody", &|nonce| jwt(&json!({"alg": "none"}), &op.claims(nonce, &json!({})), |_| Vec::new())),
        ("without a signature", &|nonce| jwt(&json!({"alg": "EdDSA", "kid": "first"}), &op.claims(nonce, &json!({})), |_| Vec::new())),
        ("signed with the client's secret", &|nonce| {
            jwt(&json!({"alg": "HS256"}), &op.claims(nonce, &json!({})), |bytes| hmac(SECRET.as_bytes(), bytes))
        }),
        ("signed with the public key as a secret", &|nonce| {
            jwt(&json!({"alg": "HS256", "kid": "first"}), &op.claims(nonce, &json!({})), |bytes| hmac(op.key.public_key_raw(), bytes))
        }),
        ("changed after it was signed", &|nonce| {
            let token = signed(&op.key, "first", &op.claims(nonce, &json!({"groups": []})));
            let (signature, claims) = (token.rsplit('.').next().unwrap(), op.claims(nonce, &json!({})));
            let forged = jwt(&json!({"alg": "EdDSA", "kid": "first"}), &claims, |_| Vec::new());
            format!("{forged}{signature}")
        }),
        ("no token", &|_| "not.a.token".to_owned()),
    ];
    for (what, forge) in forgeries {
        let (visitor, page) = come_back(&server, &op, forge);
        refused(what, &visitor, &page);
    }
    // A key that was not there an hour ago is looked for.
    op.put("/jwks", json_answer(&jwks(&other, "second")));
    let (_, page) = come_back(&server, &op, |nonce| signed(&other, "second", &op.claims(nonce, &json!({}))));
    assert_eq!(page.status, 200, "{}", page.text());
    let (visitor, page) = come_back(&server, &op, |nonce| good(&op, nonce));
    refused("a key that is no more", &visitor, &page);
    assert!(!server.stderr().contains(SECRET), "the secret is in the log");
}

#[track_caller]
fn refused(what: &str, visitor: &Visitor, page: &Page) {
    assert_eq!(page.status, 401, "{what}: {}", page.text());
    assert_eq!(visitor.cookie(SESSION), None, "{what}");
}

/// Whatever it answers, it is over in time, and the next one gets in.
#[test]
fn answers_are_bounded_and_lead_nowhere_else() {
    let (scratch, op) = (Scratch::new(), Op::start());
    let server = server(&scratch, &op);
    let elsewhere = Op::start();
    let redirect = format!("302 Found\r\nlocation: {}/token", elsewhere.issuer);
    let of = |claims: &Value| json!({"access_token": "a", "token_type": "Bearer", "id_token": signed(&op.key, "first", claims)});
    for (what, status, made) in [
        ("a redirect", 401, answer(&redirect, Vec::new())),
        ("a huge answer", 503, answer("200 OK\r\ncontent-type: application/json", vec![b' '; 2 << 20])),
        ("an error of its own", 401, answer("500 Oops\r\ncontent-type: application/json", b"<script>alert(1)</script>".to_vec())),
        ("what is no JSON", 401, answer("200 OK\r\ncontent-type: application/json", b"{".to_vec())),
        ("a page", 401, answer("200 OK\r\ncontent-type: text/html", b"<script>alert(1)</script>".to_vec())),
        ("a refusal of the client", 503, answer("401 No\r\ncontent-type: application/json", br#"{"error":"invalid_client"}"#.to_vec())),
        ("nothing for longer than anybody waits", 503, Answer { after: Duration::from_secs(12), ..json_answer(&of(&json!({}))) }),
    ] {
        let mut visitor = Visitor::new(server.address());
        let address = leave(&mut visitor, "/dashboard");
        op.put("/token", made);
        let cookie = format!("__Host-doorlist_sign_on={}", visitor.cookie("__Host-doorlist_sign_on").unwrap());
        let back = format!("/dashboard/single-sign-on/callback?code=x&state={}", parameter(&address, "state"));
        let (got, text) = raw(&server, &back, &cookie);
        assert_eq!(got, status, "{what}: {text}");
        assert!(text.contains("ingle sign-on") && !text.contains("alert(1)"), "{what}: {text}");
    }
    assert_eq!(*elsewhere.asked.lock().unwrap(), "", "secret and code went elsewhere");
    // UserInfo of somebody else says nothing about this one.
    op.put("/userinfo", json_answer(&json!({"sub": "lee", "groups": ["door-owners"]})));
    let (visitor, page) = come_back(&server, &op, |nonce| signed(&op.key, "first", &op.claims(nonce, &json!({"groups": null}))));
    refused("UserInfo of somebody else", &visitor, &page);
    op.put("/userinfo", json_answer(&json!({"sub": "kim", "groups": ["door-owners"]})));
    let (_, page) = come_back(&server, &op, |nonce| signed(&op.key, "first", &op.claims(nonce, &json!({"groups": null}))));
    assert_eq!(page.status, 200, "{}", page.text());
}

#[test]
fn a_provider_that_is_down_or_not_itself_keeps_nobody_from_starting() {
    let scratch = Scratch::new();
    for (what, more) in [
        ("another issuer", json!({"issuer": "https://id.example.com"})),
        ("keys that anybody could change on their way", json!({"jwks_uri": "http://id.example.com/jwks"})),
        ("a page that anybody could read along", json!({"authorization_endpoint": "http://id.example.com/authorize"})),
        ("nothing", Value::Null),
    ] {
        let op = Op::start();
        let made = if more.is_null() { answer("404 Not Found", Vec::new()) } else { json_answer(&op.metadata(&more)) };
        op.put("/.well-known/openid-configuration", made);
        let server = server(&scratch, &op);
        let (status, text) = raw(&server, "/dashboard/single-sign-on", "");
        assert_eq!(status, 503, "{what}: {text}");
        assert!(text.contains("Single sign-on is not set up as its provider needs it."), "{what}: {text}");
        let _ = Visitor::signed_in(server.address(), server.operator().key());
    }
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let grants = json!([{"value": "a", "role": "owner", "tenants": "all"}]);
    let server = with(&configure(&scratch, &format!("http://{gone}"), &grants, &json!({}))).start();
    let (status, text) = raw(&server, "/dashboard/single-sign-on", "");
    assert!(status == 503 && text.contains("cannot be reached"), "{text}");
}
