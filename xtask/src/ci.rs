//! What a change must pass. `.ci/run` runs this and then the tests.

use std::time::Instant;

use crate::command::{Outcome, cargo, has_subcommand, run as execute};
use crate::{fuzz, tidy};

/// A step, and what it is for.
type Step = (&'static str, fn() -> Outcome);

const STEPS: [Step; 10] = [
    ("fmt", fmt),
    ("tidy", tidy::run),
    ("clippy", clippy),
    ("features", features),
    ("docs", docs),
    ("examples", examples),
    ("mutants", mutants),
    ("filesystems", filesystems),
    ("deny", deny),
    ("fuzz", short_fuzz),
];

/// Every codec and wrapper alone, and none at all; all together is what the other steps use.
const FEATURES: [&str; 7] = ["", "json", "bincode", "cbor", "postcard", "zstd", "lz4"];

/// What only the cache has, each alone.
const FEATURES_OF_THE_CACHE: [&str; 4] = ["macros", "metrics", "tokio", "tracing"];

/// The crates that have the codecs.
const WITH_FEATURES: [&str; 2] = ["tagcache-codec", "tagcache"];

fn run_step((name, step): &Step) -> Outcome {
    println!("\n== {name}");
    let began = Instant::now();
    step().map_err(|error| format!("step {name} failed: {error}"))?;
    println!("== {name}: done in {:.0?}", began.elapsed());
    Ok(())
}

pub(crate) fn run(wanted: &[String]) -> Outcome {
    for name in wanted {
        if !STEPS.iter().any(|(known, _)| known == name) {
            let known: Vec<_> = STEPS.iter().map(|(name, _)| *name).collect();
            return Err(format!("there is no step {name}; there are {}", known.join(", ")));
        }
    }
    let steps = STEPS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|want| want == name));
    for step in steps {
        run_step(step)?;
    }
    Ok(())
}

fn fmt() -> Outcome {
    execute(&mut cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Outcome {
    execute(&mut cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]))
}

fn features() -> Outcome {
    for feature in FEATURES {
        for package in WITH_FEATURES {
            let with = ["-p", package, "--no-default-features", "--features", feature, "--all-targets"];
            execute(cargo(&["clippy"]).args(with).args(["--", "-D", "warnings"]))?;
        }
        // Cheap, and the only proof that a codec works without its neighbours.
        let with = ["-p", "tagcache-codec", "--no-default-features", "--features", feature];
        execute(cargo(&["test", "--quiet", "--tests"]).args(with))?;
    }
    // The program without what it can unpack.
    let with = ["-p", "tagcache-cli", "--no-default-features", "--all-targets"];
    execute(cargo(&["clippy"]).args(with).args(["--", "-D", "warnings"]))?;
    for feature in FEATURES_OF_THE_CACHE {
        let with = ["-p", "tagcache", "--no-default-features", "--features", feature, "--all-targets"];
        execute(cargo(&["clippy"]).args(with).args(["--", "-D", "warnings"]))?;
    }
    execute(&mut cargo(&["test", "--quiet", "-p", "tagcache", "-p", "tagcache-codec", "--all-features"]))
}

fn docs() -> Outcome {
    execute(cargo(&["doc", "--workspace", "--no-deps", "--all-features"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn examples() -> Outcome {
    execute(&mut cargo(&["run", "--quiet", "--release", "--example", "blog"]))?;
    let with = ["-p", "tagcache", "--features", "macros", "--example", "decorated"];
    execute(cargo(&["run", "--quiet"]).args(with))?;
    let with = ["-p", "tagcache", "--features", "tokio", "--example", "blog_http", "--", "--check"];
    execute(cargo(&["run", "--quiet"]).args(with))?;
    let pages = ["-p", "tagcache-cli", "--example", "dist", "--", "target/program"];
    execute(cargo(&["run", "--quiet"]).args(pages))?;
    execute(&mut cargo(&["run", "--quiet", "--example", "raw_bytes"]))?;
    execute(&mut cargo(&["run", "--quiet", "--example", "codec_outside"]))
}

/// Every planted mistake must be caught, or the simulation proves nothing.
fn mutants() -> Outcome {
    execute(&mut cargo(&["run", "--quiet", "--release", "-p", "tagcache-sim", "--bin", "mutants"]))
}

/// The tests on other filesystems and a cache on full ones, as far as this machine can: it says what it skips, and all of it
/// where it is not root.
fn filesystems() -> Outcome {
    execute(&mut cargo(&["run", "--quiet", "-p", "tagcache-filesystems", "--bin", "filesystems"]))
}

fn deny() -> Outcome {
    if !has_subcommand("deny") {
        println!("SKIPPED: cargo-deny is not installed (cargo install cargo-deny)");
        return Ok(());
    }
    execute(&mut cargo(&["deny", "--all-features", "check", "bans", "licenses", "sources"]))
}

fn short_fuzz() -> Outcome {
    if !has_subcommand("fuzz") {
        println!(
            "SKIPPED: cargo-fuzz is not installed (cargo install cargo-fuzz); the corpus is replayed by cargo test"
        );
        return Ok(());
    }
    fuzz::run(&["--time".into(), "10s".into()])
}
