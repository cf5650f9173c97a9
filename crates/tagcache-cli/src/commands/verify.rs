//! `tagcache verify`

use serde::Serialize;
use tagcache::{Finding, Harm, Verification, VerifyOptions};

use crate::args::{Cli, Verify as Args};
use crate::end::{DONE, Failure, MISS, Outcome};
use crate::out::{self, Out};
use crate::{clock, names, place, progress};

#[derive(Serialize)]
struct Answer<'a> {
    entries: u64,
    links: u64,
    orphans: u64,
    litter: u64,
    losses: u64,
    dangers: u64,
    repaired: u64,
    failed: u64,
    findings: &'a [Told],
    secs: f64,
}

#[derive(Serialize)]
struct Told {
    path: String,
    wrong: String,
    kind: &'static str,
    harm: &'static str,
    meaning: &'static str,
    repaired: bool,
}

impl From<&Finding> for Told {
    fn from(finding: &Finding) -> Self {
        Self {
            path: names::shown(finding.path.as_os_str().as_encoded_bytes()),
            wrong: finding.wrong.to_string(),
            kind: finding.wrong.word(),
            harm: match finding.wrong.harm() {
                Harm::Litter => "litter",
                Harm::Loss => "loss",
                Harm::Danger => "danger",
            },
            meaning: finding.wrong.meaning(),
            repaired: finding.repaired,
        }
    }
}

pub(super) fn verify(cli: &Cli, args: &Args) -> Outcome {
    let Some(cache) = place::look_with(cli, progress::bar("verify"))? else { return Ok(MISS) };
    let options = VerifyOptions::new().repair(args.repair).remove_foreign(args.remove_foreign);
    let report = cache.verify(&options)?;
    // The bar goes before the report comes.
    drop(cache);
    if report.busy {
        out::tell("another process is sweeping or verifying; nothing was looked at");
        return Ok(MISS);
    }
    tell(args, &report)?;
    match (report.failed, report.losses + report.dangers) {
        (0, 0) => Ok(DONE),
        (0, _) => Ok(MISS),
        (failed, _) => Err(Failure::new(format!("{failed} files could not be read or repaired"))),
    }
}

fn tell(args: &Args, report: &Verification) -> Result<(), Failure> {
    let findings: Vec<_> = report.findings.iter().map(Told::from).collect();
    let mut out = Out::new();
    if args.json {
        out.json(&Answer {
            entries: report.entries,
            links: report.links,
            orphans: report.orphans,
            litter: report.litter,
            losses: report.losses,
            dangers: report.dangers,
            repaired: report.repaired,
            failed: report.failed,
            findings: &findings,
            secs: clock::secs(report.took),
        })?;
        return out.finish();
    }
    for finding in &findings {
        let repaired = if finding.repaired { " (repaired)" } else { "" };
        out.line(format_args!("{}: {}: {}{repaired}", finding.path, finding.wrong, finding.meaning))?;
    }
    let told = findings.len() as u64;
    let all = report.litter + report.losses + report.dangers + report.repaired;
    if told < all {
        out.line(format_args!("and {} more", all - told))?;
    }
    out.line(format_args!(
        "{} entries and {} tag links: {} losses, {} dangers, {} litter, {} repaired, {} left by dead processes",
        report.entries,
        report.links,
        report.losses,
        report.dangers,
        report.litter,
        report.repaired,
        report.orphans
    ))?;
    out.finish()
}
