//! A server on loopback that is as good or as bad as the first part of the path says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a client and a server say to each other: a socket, or TLS over one.
pub trait Channel: Read + Write {}

impl<T: Read + Write> Channel for T {}

/// A running server; it ends with the process.
#[derive(Clone)]
pub struct Server {
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

type Wrap = dyn Fn(TcpStream) -> Option<Box<dyn Channel>> + Send + Sync;

impl Server {
    /// Serves `content` under every name.
    pub fn start(content: Vec<u8>) -> Server {
        Server::over(content, |stream| Some(Box::new(stream)))
    }

    /// The same over what `wrap` makes of each connection.
    pub fn over(
        content: Vec<u8>,
        wrap: impl Fn(TcpStream) -> Option<Box<dyn Channel>> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let server = Server { port, log };
        let (inside, content, wrap) = (server.clone(), Arc::new(content), Arc::new(wrap));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, content, wrap) = (inside.clone(), content.clone(), wrap.clone());
                std::thread::spawn(move || server.serve(stream, &content, &*wrap));
            }
        });
        server
    }

    fn serve(&self, stream: TcpStream, content: &[u8], wrap: &Wrap) {
        if let Some(mut channel) = wrap(stream) {
            // A client that leaves is none of the server's business.
            let _ = self.answer(&mut *channel, content);
        }
    }

    /// The address of a behaviour, as a mirror.
    pub fn mirror(&self, behaviour: &str) -> String {
        format!("http://127.0.0.1:{}/{behaviour}/", self.port())
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The requests so far: method, path, and the range that was asked for.
    pub fn requests(&self) -> Vec<String> {
        self.log.lock().expect("the log").clone()
    }

    fn answer(&self, channel: &mut dyn Channel, content: &[u8]) -> std::io::Result<()> {
        let mut lines = Vec::new();
        let mut reader = BufReader::with_capacity(1, &mut *channel);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_string());
        }
        let Some(first) = lines.first() else {
            return Ok(());
        };
        let range = lines.iter().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("range")
                .then(|| value.trim().to_string())
        });
        let words: Vec<&str> = first.split(' ').take(2).collect();
        let entry = format!("{} {}", words.join(" "), range.as_deref().unwrap_or("all"));
        let earlier = {
            let mut log = self.log.lock().expect("the log");
            let path = words.get(1).copied().unwrap_or_default();
            let earlier = log.iter().filter(|line| line.contains(path)).count();
            log.push(entry);
            earlier
        };
        if words[0] == "CONNECT" {
            // A proxy that answers for whatever server was wanted.
            channel.write_all(b"HTTP/1.1 200 go ahead\r\n\r\n")?;
            return self.answer(channel, content);
        }
        let from = range.and_then(|range| {
            let first = range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse::<usize>();
            first.ok()
        });
        let behaviour = words
            .get(1)
            .and_then(|path| path.split('/').nth(1))
            .unwrap_or("good");
        self.behave(channel, content, behaviour, from, earlier)
    }

    fn behave(
        &self,
        channel: &mut dyn Channel,
        content: &[u8],
        behaviour: &str,
        from: Option<usize>,
        earlier: usize,
    ) -> std::io::Result<()> {
        let half = content.len() / 2;
        let mut send = |status: &str, headers: &str, body: &[u8]| {
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
            channel.write_all(head.as_bytes())?;
            channel.write_all(body)?;
            channel.flush()
        };
        let length = |n: usize| format!("Content-Length: {n}\r\n");
        match (behaviour, from) {
            ("good", Some(from)) if from < content.len() => {
                let last = content.len() - 1;
                let range = format!("Content-Range: bytes {from}-{last}/{}\r\n", content.len());
                let rest = &content[from..];
                send("206 Partial", &(range + &length(rest.len())), rest)
            }
            ("good", Some(_)) => send("416 No", &length(0), b""),
            ("good" | "no-range", _) => send("200 OK", &length(content.len()), content),
            ("no-length", _) => send("200 OK", "", content),
            ("truncates", _) => send("200 OK", &length(content.len()), &content[..half]),
            ("no-length-truncates", _) => send("200 OK", "", &content[..half]),
            ("says-less", _) => send("200 OK", &length(half), content),
            ("says-more", _) => send("200 OK", &length(content.len() + 5), content),
            ("sends-more", _) => send("200 OK", "", &[content, content].concat()),
            ("wrong", None) => {
                let other: Vec<u8> = content.iter().map(|byte| byte ^ 1).collect();
                send("200 OK", &length(other.len()), &other)
            }
            ("wrong", Some(from)) => {
                let last = content.len() - 1;
                let range = format!("Content-Range: bytes {from}-{last}/{}\r\n", content.len());
                let rest = vec![0; content.len() - from];
                send("206 Partial", &(range + &length(rest.len())), &rest)
            }
            ("wrong-range", Some(_)) => send(
                "206 Partial",
                "Content-Range: bytes 0-9/10\r\n",
                &content[..10],
            ),
            ("404", _) => send("404 Not here", &length(4), b"gone"),
            ("503", _) => send("503 Busy", &length(4), b"busy"),
            ("flaky", _) if earlier == 0 => send("503 Busy", &length(4), b"busy"),
            ("flaky", _) => send("200 OK", &length(content.len()), content),
            ("page", _) => send("200 OK", &length(17), b"<html>sign in</..."),
            ("redirects", _) => {
                let target = format!("Location: {}file\r\n", self.mirror("no-range"));
                send("302 There", &(target + &length(0)), b"")
            }
            ("loops", _) => send(
                "302 Here",
                &("Location: /loops/file\r\n".to_string() + &length(0)),
                b"",
            ),
            ("stalls", _) => {
                send("200 OK", &length(content.len()), &content[..half])?;
                std::thread::sleep(Duration::from_secs(60));
                Ok(())
            }
            ("silent", _) => {
                std::thread::sleep(Duration::from_secs(60));
                Ok(())
            }
            ("hangs-up", _) => Ok(()),
            _ => {
                channel.write_all(b"this is not HTTP at all\r\n\r\n")?;
                channel.flush()
            }
        }
    }
}
