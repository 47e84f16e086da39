//! Commands of operators and authors, and the server that they speak to: TLS, certificates, and what stands in the way.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use doorlist_tests::Scratch;
use doorlist_tests::process::{Ended, run};
use doorlist_tests::server::{OPERATOR_KEY, command};
use doorlist_tests::tls::Authority;

use crate::guests::plain;
use crate::shared;

/// An upload of a small plugin, which is compiled on a busy machine.
const COMMAND_MAX: Duration = Duration::from_secs(120);

/// `doorlist plugin push` of a plugin.
#[track_caller]
fn push(scratch: &Scratch, arguments: &[&str]) -> Ended {
    std::fs::write(scratch.join("mine.wasm"), plain("mine", "1.0.0")).unwrap();
    let mut command = command();
    command.args(["plugin", "push", "mine.wasm"]).args(arguments).current_dir(scratch.path()).env("DOORLIST_OPERATOR_KEY", OPERATOR_KEY);
    run(&mut command, COMMAND_MAX).unwrap()
}

/// What it complains of that did not get through.
#[track_caller]
fn complaint(ended: Ended) -> String {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    ended.stderr
}

#[test]
fn a_server_behind_tls_is_believed_by_its_ca_alone() {
    let scratch = Scratch::new();
    let tenant = shared::tenant("behind TLS");
    let address = tenant.operator.address().to_owned();
    let (own, other) = (Authority::new("Own CA"), Authority::new("Other CA"));
    for (file, text) in [
        ("own.pem", own.pem()),
        ("other.pem", other.pem()),
        ("both.pem", format!("Theirs:\n{}\nOurs:\n{}", other.pem(), own.pem())),
        ("empty.pem", "nothing".to_owned()),
    ] {
        std::fs::write(scratch.join(file), text).unwrap();
    }
    let front = own.front(&address, "127.0.0.1");
    // The right CA, and the certificate of another host.
    let elsewhere = own.front(&address, "elsewhere.example");
    let believed = format!("https://{}/", front.address());
    let push = |url: &str, more: &[&str]| push(&scratch, &[&["--tenant", &tenant.id, "--server", url], more].concat());
    for (url, more, words) in [
        (believed.clone(), &[][..], "no connection with it can be trusted. If its certificate is from a CA of your own"),
        (believed.clone(), &["--ca", "other.pem"], "no connection with it can be trusted by the certificates in the file of --ca"),
        (believed.clone(), &["--ca", "empty.pem"], "There is no certificate in the file of --ca"),
        (believed.clone(), &["--ca", "absent.pem"], "There is no file absent.pem."),
        (format!("https://{}", elsewhere.address()), &["--ca", "own.pem"], "no connection with it can be trusted"),
        (format!("https://{address}"), &["--ca", "own.pem"], "no connection with it can be trusted"),
    ] {
        let said = complaint(push(&url, more));
        assert!(said.contains(words), "{url} {more:?}: {said}");
        tenant.get("/plugins/mine/1.0.0").problem(404);
    }
    for (ca, words) in [("own.pem", "mine 1.0.0 is uploaded: "), ("both.pem", "mine 1.0.0 was there already: ")] {
        let ended = push(&believed, &["--ca", ca]);
        let digest = ended.stdout.trim_end().strip_prefix(words).unwrap_or_default();
        let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(ended.success() && is_digest, "{ca}: {} {}", ended.stdout, ended.stderr);
    }
    let _ = tenant.get("/plugins/mine/1.0.0").expect(200);
}

#[test]
fn what_is_no_server_is_told_apart() {
    let scratch = Scratch::new();
    let push = |url: &str| complaint(push(&scratch, &["--tenant", "any", "--server", url]));
    // The port was free a moment ago and nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://{free}");
        let said = push(&url);
        assert!(said.contains(&format!("{url} cannot be reached.")), "{said}");
    }
    for url in ["127.0.0.1:8080", "ftp://doorlist.example.com", "https://", "https://a@doorlist.example.com"] {
        let said = push(url);
        assert!(said.contains("The server's URL has to be like https://doorlist.example.com"), "{url}: {said}");
    }
}

/// As whoever is in front of a server does that wants TLS.
#[test]
fn a_key_follows_no_redirection() {
    let scratch = Scratch::new();
    let tenant = shared::tenant("elsewhere");
    let target = format!("http://{}/api/v1/tenants/{}/plugins", tenant.operator.address(), tenant.id);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sends = format!("HTTP/1.1 308 Permanent Redirect\r\nlocation: {target}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut read = [0; 0x1000];
        let mut all = Vec::new();
        while !is_whole(&all) {
            let count = stream.read(&mut read).unwrap();
            all.extend_from_slice(&read[..count]);
        }
        stream.write_all(sends.as_bytes()).unwrap();
    });
    let said = complaint(push(&scratch, &["--tenant", &tenant.id, "--server", &url]));
    answering.join().unwrap();
    assert!(said.contains(&format!("{url} answers 308 and sends to {target}.")), "{said}");
    tenant.get("/plugins/mine/1.0.0").problem(404);
}

/// Whether a request has come to its end, which its length tells.
fn is_whole(request: &[u8]) -> bool {
    let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a plugin has a length");
    request.len() >= head + 4 + length.trim().parse::<usize>().unwrap()
}
