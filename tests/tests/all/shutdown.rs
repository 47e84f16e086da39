//! Starting and ending: signals, keys, and two processes on one directory.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use doorlist_tests::http::{SCIM_JSON, WASM, query};
use doorlist_tests::raw::Socket;
use doorlist_tests::server::{OPERATOR_KEY, Signal, command};
use doorlist_tests::{Operator, Scratch, Server, eventually};
use serde_json::json;

use crate::guests::{SAID, guest};

/// A stop signal ends the listening at once; what is in flight is answered; what was idle or waiting holds nothing up.
#[test]
fn requests_in_flight_are_answered() {
    for signal in [Signal::Terminate, Signal::Interrupt] {
        let data = Scratch::new();
        let server = Server::options().data_dir(data.path()).start();
        let tenant = server.operator().tenant("In flight");
        let client = tenant.connect();
        let address = server.address().to_owned();
        let body = json!({"userName": "slow@example.com"}).to_string();
        let (first, second) = body.split_at(7);
        let mut slow = Socket::connect(&address);
        let head = format!(
            "POST /scim/v2/Users HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: {SCIM_JSON}\r\ncontent-length: {}\r\n\r\n",
            client.token(),
            body.len()
        );
        slow.write(head.as_bytes());
        slow.write(first.as_bytes());
        let idle = Socket::connect(&address);
        // A connection that was used and is kept alive.
        client.get("/Users").expect(200);
        server.signal(signal);
        eventually("the server listens no more", || TcpStream::connect(&address).err());
        slow.write(second.as_bytes());
        let answer = slow.answer();
        assert_eq!(answer.status, 201, "{answer:?}");
        let ended = server.wait();
        assert_eq!(ended.status.code(), Some(0), "{}\n{}", ended.stdout, ended.stderr);
        assert!(!ended.stderr.contains("panicked") && !ended.stderr.contains("ERROR"), "{}", ended.stderr);
        drop(idle);
        let again = Server::options().data_dir(data.path()).start();
        let client = doorlist_tests::Client::new(again.address(), client.token(), &client.connection);
        assert_eq!(client.find("/Users", "userName eq \"slow@example.com\"").len(), 1, "what was answered is there");
    }
}

/// Whoever waits for the projection is answered when the server is told to stop.
#[test]
fn waiting_requests_end_with_the_server() {
    let server = Server::start();
    let operator = server.operator();
    let tenant = operator.tenant("Waiting");
    let client = tenant.connect();
    let _ = client.user("waiting@example.com");
    let waiting = {
        let tenant = tenant.clone();
        thread::spawn(move || tenant.get(&query("/sync", &[("wait", "60s")])).expect(200))
    };
    server.signal(Signal::Terminate);
    let ended = server.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    // Whether the signal came before, during or after the wait, there is no half answer: either none could connect, or one came.
    let _ = waiting.join();
}

#[test]
fn a_second_process_is_refused() {
    let data = Scratch::new();
    let server = Server::options().data_dir(data.path()).start();
    let tenant = server.operator().tenant("First");
    let ended = Server::options().data_dir(data.path()).try_start().expect_err("two servers would write one file");
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let said = ended.stderr.lines().find(|line| line.starts_with("doorlist: ")).expect("an error says whose it is");
    assert!(said.contains("Another process has"), "{said}");
    assert!(!ended.stderr.contains("panicked") && !ended.stderr.contains("Error {"), "{}", ended.stderr);
    assert_eq!(tenant.get("").expect(200)["name"], "First", "the first goes on");
}

#[test]
fn the_first_key_is_shown_once() {
    let data = Scratch::new();
    let path = data.join("made/by/the/server");
    let start = || Server::options().data_dir(&path).key(None).start();
    let server = start();
    let printed = server.stdout();
    let key = printed.split_whitespace().find(|word| word.starts_with("dl_key_")).expect("the first start prints a key").to_owned();
    assert_eq!(printed.matches("Doorlist listens on http://").count(), 1, "{printed}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700, "the data is its owner's alone");
    let _ = Operator::new(server.address(), &key).tenant("By the first key");
    Operator::new(server.address(), OPERATOR_KEY).get("/tenants").problem(401);
    assert!(!server.stderr().contains(&key), "a key is not logged");
    server.signal(Signal::Terminate);
    assert_eq!(server.wait().status.code(), Some(0));
    let server = start();
    assert!(!server.stdout().contains("dl_key_"), "{}", server.stdout());
    assert_eq!(Operator::new(server.address(), &key).all("/tenants").len(), 1);
    server.kill();
    // A key of the environment is one more, for this run, and is not kept.
    let server = Server::options().data_dir(&path).start();
    assert!(!server.stdout().contains("dl_key_"), "{}", server.stdout());
    for key in [key.as_str(), OPERATOR_KEY] {
        assert_eq!(Operator::new(server.address(), key).all("/tenants").len(), 1);
    }
    server.kill();
    let server = start();
    Operator::new(server.address(), OPERATOR_KEY).get("/tenants").problem(401);
}

#[test]
fn what_cannot_be_started_says_why() {
    let data = Scratch::new();
    let file = data.join("a-file");
    fs::write(&file, "not a directory").unwrap();
    let taken = Socket::connect(crate::shared::server().address());
    let address = crate::shared::server().address();
    let cases: [(&str, &[&str], i32); 6] = [
        ("a short key", &["serve", "--listen", "127.0.0.1:0"], 1),
        ("a file in place of the directory", &["serve", "--listen", "127.0.0.1:0", "--data-dir", file.to_str().unwrap()], 1),
        ("an address that is taken", &["serve", "--listen", address], 1),
        ("an address that is none", &["serve", "--listen", "nonsense"], 2),
        ("a public URL that is none", &["serve", "--public-url", "nonsense"], 1),
        ("an unknown option", &["serve", "--nonsense"], 2),
    ];
    for (label, arguments, code) in cases {
        let mut command = command();
        command.args(arguments).current_dir(data.path());
        command.env("DOORLIST_OPERATOR_KEY", if label == "a short key" { "short" } else { OPERATOR_KEY });
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{label}: {said}");
        assert!(!said.trim().is_empty() && !said.contains("panicked") && !said.contains("Error {"), "{label}: {said}");
        assert!(!said.contains(OPERATOR_KEY), "{label}: {said}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("listens on"), "{label}");
    }
    drop(taken);
}

/// A plugin that compiles for as long as it may.
fn slow() -> Vec<u8> {
    slow_of(60)
}

/// A plugin of so many functions with many blocks and locals, each of which compiles for about a second.
pub(crate) fn slow_of(functions: usize) -> Vec<u8> {
    let block = "(block (br_if 0 (local.get 0)) (local.set 1 (i64.add (local.get 2) (local.get 3))) (local.set 2 (local.get 1)))";
    let function = format!("(func (param i32) (local {}) {})", "i64 ".repeat(490), block.repeat(2_900));
    guest(&SAID, &[("functions", &function.repeat(functions))])
}

/// The process with this id, unless it has ended.
fn command_line(process: &str) -> Option<String> {
    let line = fs::read(format!("/proc/{process}/cmdline")).ok()?;
    Some(String::from_utf8_lossy(&line).replace('\0', " ")).filter(|line| !line.is_empty())
}

/// The process in which a server compiles a plugin of at least so many bytes, which is the last thing that it is told, if there is one.
fn compiling(server: &Server, bytes: usize) -> Option<String> {
    let threads = fs::read_dir(format!("/proc/{}/task", server.id())).ok()?;
    let children = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok()).collect::<Vec<_>>().join(" ");
    let told = |process: &str| command_line(process)?.split_once(" compile ")?.1.split_whitespace().last()?.parse::<usize>().ok();
    let compiles = |process: &&str| told(process).is_some_and(|told| told >= bytes);
    children.split_whitespace().find(compiles).map(str::to_owned)
}

/// A server that is told to end while it compiles an upload answers it, ends, and leaves no process behind; nor does one that is killed.
#[test]
fn what_compiles_ends_with_the_server() {
    let wasm = slow();
    for is_killed in [false, true] {
        let server = Server::start();
        let tenant = server.operator().tenant("Compiling");
        let upload = {
            let (mut socket, path, wasm) = (Socket::connect(server.address()), tenant.path("/plugins"), wasm.clone());
            thread::spawn(move || {
                let length = wasm.len();
                let head = format!(
                    "POST /api/v1{path} HTTP/1.1\r\nhost: doorlist\r\nconnection: close\r\nauthorization: Bearer {OPERATOR_KEY}\r\n\
                     content-type: {WASM}\r\ncontent-length: {length}\r\n\r\n"
                );
                socket.write(head.as_bytes());
                socket.write(&wasm);
                socket.answer()
            })
        };
        let child = eventually("the server compiles", || compiling(&server, wasm.len()));
        if is_killed {
            let _ = server.kill();
        } else {
            server.signal(Signal::Terminate);
            let ended = server.wait();
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert!(!ended.stderr.contains("panicked") && !ended.stderr.contains("ERROR"), "{}", ended.stderr);
        }
        eventually("the process that compiles is gone", || command_line(&child).is_none().then_some(()));
        let answer = upload.join().expect("the server reads all of it");
        if is_killed {
            assert_eq!(answer.status, 0, "{answer:?}");
        } else {
            // A server that is fast has used up the plugin's time before its own, or is done with it.
            let (status, words) = match answer.status {
                201 => (201, "sha256"),
                400 => (400, "of processor time"),
                _ => (503, "The server is shutting down."),
            };
            assert!(answer.status == status && answer.body.contains(words), "{answer:?}");
        }
    }
}

/// What a load balancer asks.
#[test]
fn health_is_public() {
    let reply = crate::shared::server().nobody().get("/healthz");
    assert_eq!((reply.status, reply.text().as_str()), (200, "ok"));
}
