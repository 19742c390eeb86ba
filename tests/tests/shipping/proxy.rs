//! A way to the database that breaks where a test wants it to.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Passes octets between whoever connects and a server, until it is to break.
pub(crate) struct Proxy {
    address: String,
    way: Arc<Way>,
}

struct Way {
    to: Mutex<String>,
    /// Answers that are still passed on; the one after them is swallowed, and its connection cut.
    answers: AtomicI64,
    /// Octets of requests that are still passed on; then the connection is cut.
    octets: AtomicI64,
    /// Whether nothing is passed on although everything is taken.
    is_stuck: AtomicBool,
}

impl Proxy {
    pub(crate) fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = url.trim_start_matches("http://").to_owned();
        let way = Way { to: Mutex::new(server), answers: i64::MAX.into(), octets: i64::MAX.into(), is_stuck: AtomicBool::new(false) };
        let way = Arc::new(way);
        let taken = Arc::clone(&way);
        thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(|client| carry(client, &taken)));
        Self { address, way }
    }

    pub(crate) fn url(&self) -> String {
        self.address.clone()
    }

    /// From now on so many answers pass; the next is lost.
    pub(crate) fn lose_answer_after(&self, answers: i64) {
        self.way.answers.store(answers, Ordering::SeqCst);
    }

    /// From now on so many octets of requests pass, then the connection breaks.
    pub(crate) fn cut_after(&self, octets: i64) {
        self.way.octets.store(octets, Ordering::SeqCst);
    }

    /// Everything passes again.
    pub(crate) fn mend(&self) {
        self.lose_answer_after(i64::MAX);
        self.cut_after(i64::MAX);
        self.way.is_stuck.store(false, Ordering::SeqCst);
    }

    /// Takes what comes and answers nothing.
    pub(crate) fn get_stuck(&self) {
        self.way.is_stuck.store(true, Ordering::SeqCst);
    }
}

fn carry(client: TcpStream, way: &Arc<Way>) {
    let to = way.to.lock().unwrap().clone();
    let Ok(server) = TcpStream::connect(to) else { return };
    let (client_again, server_again, again) = (client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(way));
    thread::spawn(move || {
        pass(&client, &server, |octets| {
            let left = way_octets(&again, octets);
            (!again.is_stuck.load(Ordering::SeqCst)).then_some(left)
        });
    });
    let way = Arc::clone(way);
    thread::spawn(move || {
        // An answer of the test's front comes in one piece.
        pass(&server_again, &client_again, |octets| Some(if way.answers.fetch_sub(1, Ordering::SeqCst) > 0 { octets } else { 0 }));
    });
}

/// How many of so many octets still pass.
fn way_octets(way: &Way, octets: usize) -> usize {
    let before = way.octets.fetch_sub(i64::try_from(octets).unwrap(), Ordering::SeqCst);
    usize::try_from(before.max(0)).unwrap().min(octets)
}

/// Passes what comes from one to the other, as much of it as `allowed` says; cuts both where that is less than all. `None` keeps it without a sound.
fn pass(mut from: &TcpStream, mut to: &TcpStream, allowed: impl Fn(usize) -> Option<usize>) {
    let mut buffer = [0; 65_536];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(read) if read > 0 => read,
            _ => break,
        };
        let Some(pass) = allowed(read) else { continue };
        if to.write_all(&buffer[..pass]).is_err() || pass < read {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
