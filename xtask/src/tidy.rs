//! House rules that no lint knows, each with its reason.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Outcome, root};

/// A file that grows beyond this holds more than one subject.
const MAX_LINES: usize = 600;

/// A word that may not stand in some files.
struct Ban {
    word: &'static str,
    /// Where it is looked for, and where it may stand all the same; with any exception, in our tools too.
    below: &'static str,
    except: &'static [&'static str],
    reason: &'static str,
}

const LIBRARIES: &str = "crates/";
/// Crates that are never published: they look at the tree from outside, and need the machine's own calls for it.
const TOOLS: [&str; 8] = [
    "tagcache-testkit",
    "tagcache-actors",
    "tagcache-sim",
    "tagcache-torture",
    "tagcache-powerfail",
    "tagcache-images",
    "tagcache-honest",
    "tagcache-filesystems",
];

const BANS: [Ban; 5] = [
    Ban {
        word: "rustix::",
        below: LIBRARIES,
        except: &["crates/tagcache-fs/src/sys/"],
        reason: "the kernel has one door: tagcache_fs::sys",
    },
    Ban {
        word: "std::fs",
        below: LIBRARIES,
        // The program reads files of its user, in one place.
        except: &["crates/tagcache-fs/src/sys/", "crates/tagcache-cli/src/input.rs", "/tests/", "/examples/"],
        reason: "the filesystem has one door: tagcache_fs::sys",
    },
    Ban {
        word: "SystemTime::now",
        below: LIBRARIES,
        except: &["crates/tagcache-fs/src/sys/", "/tests/", "/examples/"],
        reason: "time is injected: Env::now",
    },
    Ban { word: concat!("todo", "!("), below: "", except: &[], reason: "nothing is left open silently" },
    Ban { word: concat!("#[", "ignore]"), below: "", except: &[], reason: "a test runs, or it is not one" },
];

const AND_LET: &str = concat!(" && ", "let ");

pub(crate) fn run() -> Outcome {
    let mut findings = Vec::new();
    for path in sources(&root()) {
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
        check(&name, &text, &mut findings);
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(findings.join("\n       "))
}

fn check(name: &str, text: &str, findings: &mut Vec<String>) {
    let lines = text.lines().count();
    if lines > MAX_LINES {
        findings.push(format!(
            "{name}: {lines} lines; a file has one subject, and rarely needs more than {MAX_LINES}"
        ));
    }
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for ban in &BANS {
            let tool = !ban.except.is_empty() && TOOLS.iter().any(|tool| name.contains(tool));
            let allowed = tool || ban.except.iter().any(|except| name.contains(except));
            let here = name.starts_with(ban.below) && !allowed;
            if here && code.contains(ban.word) {
                findings.push(format!("{name}:{}: `{}`: {}", number + 1, ban.word, ban.reason));
            }
        }
        // Rust 1.85 has no let-chains, and the newer compiler of this machine takes them without a word.
        let chain = (code.contains("if let ") || code.contains("while let ")) && code.contains(AND_LET);
        if chain || code.trim_start().starts_with(AND_LET.trim_start()) {
            findings.push(format!(
                "{name}:{}: a let-chain, which the oldest supported Rust does not have",
                number + 1
            ));
        }
    }
}

/// Every Rust file of the checkout but what is built.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort_unstable();
    found
}
