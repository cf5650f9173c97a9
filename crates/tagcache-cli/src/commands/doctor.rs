//! `tagcache doctor`

use serde::Serialize;
use tagcache::Ability;

use crate::args::{Cli, Report};
use crate::end::{DONE, Failure, MISS, Outcome};
use crate::out::{Out, tell};
use crate::{input, place};

#[derive(Serialize)]
struct Diagnosis {
    directory: String,
    fit: bool,
    answers: Vec<Answer>,
}

#[derive(Serialize)]
struct Answer {
    capability: &'static str,
    ability: &'static str,
    consequence: String,
}

pub(super) fn doctor(cli: &Cli, args: &Report) -> Outcome {
    let root = place::root(cli)?;
    let nearest = input::nearest_directory(&root)
        .ok_or_else(|| Failure::new(format!("there is no directory above {}", root.display())))?;
    if nearest != root {
        let (root, nearest) = (root.display(), nearest.display());
        tell(format_args!("{root} is not there yet; this is the filesystem of {nearest}"));
    }
    let diagnosis = tagcache::doctor(nearest)?;
    let mut out = Out::new();
    if args.json {
        let answer = |answer: &tagcache::Answer| Answer {
            capability: answer.capability.word(),
            ability: word(answer.ability),
            consequence: answer.consequence(),
        };
        out.json(&Diagnosis {
            directory: nearest.display().to_string(),
            fit: diagnosis.is_fit(),
            answers: diagnosis.answers.iter().map(answer).collect(),
        })?;
    } else {
        out.bytes(diagnosis.to_string().as_bytes())?;
    }
    out.finish()?;
    Ok(if diagnosis.is_fit() { DONE } else { MISS })
}

const fn word(ability: Ability) -> &'static str {
    match ability {
        Ability::Present => "present",
        Ability::Missing => "missing",
        Ability::Unfit(_) => "unfit",
        _ => "unknown",
    }
}
