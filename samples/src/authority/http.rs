//! As much HTTP/1.1 as an authority needs: one thread a caller, connections kept, everything under limits.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use super::{Answer, Authority, Ending};

const MAX_HEAD: u64 = 16 * 1024;
const MAX_BODY: u64 = 1024 * 1024;
/// Idle callers are let go.
const PATIENCE: Duration = Duration::from_mins(1);

/// Answers for ever.
///
/// # Errors
/// When the address cannot be listened at.
pub(super) fn serve(authority: Authority, listener: &TcpListener) -> Result<()> {
    let authority = Arc::new(authority);
    loop {
        let (stream, _) = listener.accept().context("no caller can be taken")?;
        let authority = Arc::clone(&authority);
        std::thread::spawn(move || {
            // A caller that breaks off is no matter of ours.
            drop(talk(&authority, &stream));
        });
    }
}

/// One request: method, path, body.
struct Request {
    method: String,
    path: String,
    body: Vec<u8>,
    keep: bool,
}

fn talk(authority: &Authority, stream: &TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        let answer = authority.answer(&request.method, &request.path, &request.body);
        std::thread::sleep(answer.after);
        let keep = request.keep && answer.ending == Ending::Whole;
        if answer.ending != Ending::Dropped {
            let mut out = head(&answer, keep).into_bytes();
            let sent = if answer.ending == Ending::CutOff { answer.body.len() / 2 } else { answer.body.len() };
            out.extend(answer.body.iter().take(sent));
            let mut stream = stream;
            stream.write_all(&out)?;
        }
        if !keep {
            break;
        }
    }
    Ok(())
}

fn read(reader: &mut BufReader<&TcpStream>) -> Result<Option<Request>> {
    let mut lines = Vec::new();
    let mut left = MAX_HEAD;
    loop {
        let mut line = String::new();
        let read = reader.by_ref().take(left).read_line(&mut line)? as u64;
        if read == 0 {
            return if lines.is_empty() { Ok(None) } else { bail!("the request is cut off or too long") };
        }
        left -= read;
        match line.trim_end() {
            "" if lines.is_empty() => {}
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let first = lines.first().map(String::as_str).unwrap_or_default();
    let mut words = first.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path), Some(version)) = (words.next(), words.next(), words.next()) else {
        bail!("not a request");
    };
    let header = |name: &str| {
        let named = |line: &&String| line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name));
        let line = lines.iter().skip(1).find(named)?;
        line.split_once(':').map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    let length: u64 = header("content-length").map_or(Ok(0), |length| length.parse())?;
    if length > MAX_BODY || header("transfer-encoding").is_some() {
        bail!("bodies are short and their length is told");
    }
    let mut body = Vec::new();
    if reader.by_ref().take(length).read_to_end(&mut body)? as u64 != length {
        bail!("the body is cut off");
    }
    let keep = match header("connection").as_deref() {
        Some("close") => false,
        Some("keep-alive") => true,
        _ => version == "HTTP/1.1",
    };
    Ok(Some(Request { method, path, body, keep }))
}

fn head(answer: &Answer, keep: bool) -> String {
    let phrase = match answer.status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    format!(
        "HTTP/1.1 {} {phrase}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {}\r\n\r\n",
        answer.status,
        answer.content_type,
        answer.body.len(),
        if keep { "keep-alive" } else { "close" },
    )
}
