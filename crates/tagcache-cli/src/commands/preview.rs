//! The beginning of a value, for people: JSON and CBOR are readable, a recorded run is told as one, text is text, and
//! everything else is shown in hex.

use std::io::{self, Read};

use serde::Serialize;
use tagcache::{EntryInfo, Reader};

use crate::end::Failure;
use crate::names::is_printed;
use crate::out::Out;
use crate::run::frames::{self, Stream};

/// Of a larger value only the beginning is kept in memory, and shown as it is.
const KEEP_AT_MOST: u64 = 1 << 20;
/// So much of a text is shown.
const SHOW_CHARS: usize = 2000;
/// So many bytes are shown in hex.
const SHOW_BYTES: usize = 256;

#[derive(Serialize)]
pub(super) struct Preview {
    /// `json`, `cbor`, `run`, `text` or `hex`.
    kind: &'static str,
    text: String,
    /// Whether `text` shows all of it.
    whole: bool,
}

/// All of the value is read, so that it is known to be what was stored; of a large one only the beginning is kept.
pub(super) fn of(entry: &EntryInfo, mut payload: Reader) -> io::Result<Preview> {
    let mut bytes = Vec::new();
    payload.by_ref().take(KEEP_AT_MOST).read_to_end(&mut bytes)?;
    io::copy(&mut payload, &mut io::sink())?;
    let is_whole = bytes.len() as u64 == entry.payload_len;
    Ok(shown(entry, bytes, is_whole))
}

fn shown(entry: &EntryInfo, mut bytes: Vec<u8>, is_whole: bool) -> Preview {
    if frames::is_run(entry) {
        return cut("run", &run(&bytes), is_whole);
    }
    let name = entry.codec.to_string();
    let (wrapper, codec) = name.split_once('+').unwrap_or(("", &name));
    // A part of what was compressed cannot be read.
    if !wrapper.is_empty() {
        match unwrapped(wrapper, &bytes) {
            Some(inner) if is_whole => bytes = inner,
            _ => return hex(&bytes, is_whole),
        }
    }
    let readable = match codec {
        "json" => serde_json::from_slice(&bytes).ok().map(|value| ("json", value)),
        "cbor" => ciborium::from_reader(&bytes[..]).ok().map(|value| ("cbor", json_of(value))),
        _ => None,
    };
    match readable.filter(|_| is_whole) {
        Some((kind, value)) => cut(kind, &format!("{value:#}"), true),
        None => text_or_hex(&bytes, is_whole),
    }
}

/// What a wrapper compressed; `None` for one that this build does not know.
#[cfg(any(feature = "lz4", feature = "zstd"))]
fn unwrapped(wrapper: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    match wrapper {
        #[cfg(feature = "zstd")]
        "zstd" => decoded(&tagcache::Zstd::new(tagcache::Raw), bytes),
        #[cfg(feature = "lz4")]
        "lz4" => decoded(&tagcache::Lz4::new(tagcache::Raw), bytes),
        _ => None,
    }
}

/// Without such codecs there is nothing to unwrap.
#[cfg(not(any(feature = "lz4", feature = "zstd")))]
fn unwrapped(_: &str, _: &[u8]) -> Option<Vec<u8>> {
    None
}

#[cfg(any(feature = "lz4", feature = "zstd"))]
fn decoded(codec: &impl for<'a> tagcache::codec::Decode<'a, Vec<u8>>, bytes: &[u8]) -> Option<Vec<u8>> {
    codec.decode(bytes).ok()
}

fn run(bytes: &[u8]) -> String {
    let mut frames = frames::Frames::new(bytes);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Ok(Some((stream, bytes))) = frames.next() {
        match stream {
            Stream::Out => out.extend_from_slice(bytes),
            Stream::Err => err.extend_from_slice(bytes),
        }
    }
    let mut text = frames.status().map_or_else(String::new, |status| format!("exit status {status}\n"));
    for (name, bytes) in [("standard output", out), ("standard error", err)] {
        if !bytes.is_empty() {
            text.push_str(&format!("{name}:\n{}", String::from_utf8_lossy(&bytes)));
        }
    }
    text
}

fn text_or_hex(bytes: &[u8], is_whole: bool) -> Preview {
    // The end may be half of a letter.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && !is_whole => {
            bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok())
        }
        Err(_) => None,
    };
    match text {
        Some(text) => cut("text", text, is_whole),
        None => hex(bytes, is_whole),
    }
}

fn hex(bytes: &[u8], is_whole: bool) -> Preview {
    let shown = bytes.get(..SHOW_BYTES).unwrap_or(bytes);
    let lines: Vec<_> = shown.chunks(16).map(line).collect();
    Preview { kind: "hex", text: lines.join("\n"), whole: is_whole && shown.len() == bytes.len() }
}

fn line(bytes: &[u8]) -> String {
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let text: String =
        bytes.iter().map(|byte| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' }).collect();
    format!("{:47}  {text}", hex.join(" "))
}

/// The beginning of a text, with nothing in it that a terminal obeys.
fn cut(kind: &'static str, text: &str, is_whole: bool) -> Preview {
    let mut letters = text.chars();
    let shown = letters.by_ref().take(SHOW_CHARS).map(|letter| {
        if letter == '\n' || letter == '\t' || is_printed(letter) { letter } else { '\u{fffd}' }
    });
    let shown: String = shown.collect();
    Preview { kind, text: shown, whole: is_whole && letters.next().is_none() }
}

/// CBOR as JSON, as far as that goes: bytes are in hex, and what JSON has no word for is named.
fn json_of(value: ciborium::Value) -> serde_json::Value {
    use ciborium::Value as Cbor;
    use serde_json::Value as Json;
    match value {
        Cbor::Null => Json::Null,
        Cbor::Bool(bool) => Json::Bool(bool),
        Cbor::Integer(number) => {
            let number = i128::from(number);
            let small =
                i64::try_from(number).map(Json::from).or_else(|_| u64::try_from(number).map(Json::from));
            small.unwrap_or_else(|_| Json::String(number.to_string()))
        }
        Cbor::Float(number) => serde_json::Number::from_f64(number)
            .map_or_else(|| Json::String(number.to_string()), Json::Number),
        Cbor::Text(text) => Json::String(text),
        Cbor::Bytes(bytes) => Json::String(format!("h'{}'", crate::names::hex(&bytes))),
        Cbor::Array(values) => values.into_iter().map(json_of).collect(),
        Cbor::Map(pairs) => pairs.into_iter().map(|(key, value)| (text_of(key), json_of(value))).collect(),
        Cbor::Tag(tag, value) => serde_json::json!({ format!("tag {tag}"): json_of(*value) }),
        _ => Json::String(String::from("?")),
    }
}

fn text_of(key: ciborium::Value) -> String {
    match json_of(key) {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

impl Preview {
    pub(super) fn write(&self, out: &mut Out) -> Result<(), Failure> {
        out.line(format_args!("\nvalue ({}{})", self.kind, if self.whole { "" } else { ", its beginning" }))?;
        self.text.lines().try_for_each(|line| out.line(format_args!("  {line}")))
    }
}
