//! `tagcache invalidate`

use serde::Serialize;
use tagcache::{Cache, Raw};

use crate::args::{Cli, Invalidate};
use crate::end::{DONE, Failure, MISS, Outcome};
use crate::{names, out, place};

#[derive(Serialize)]
struct Answer {
    matched: u64,
    soft: bool,
}

pub(super) fn invalidate(cli: &Cli, args: &Invalidate) -> Outcome {
    let wanted = Wanted::of(cli, args)?;
    let matched = match place::look(cli)? {
        Some(cache) if args.all => cache.clear()?,
        Some(cache) => wanted.carry_out(&cache, args.soft)?,
        None => 0,
    };
    out::report(args.json, &Answer { matched, soft: args.soft }, &[("matched", matched.to_string())])?;
    Ok(if matched > 0 { DONE } else { MISS })
}

struct Wanted {
    tags: Vec<Vec<u8>>,
    all_of: Vec<Vec<Vec<u8>>>,
    keys: Vec<Vec<u8>>,
    under: Vec<Vec<u8>>,
}

impl Wanted {
    fn of(cli: &Cli, args: &Invalidate) -> Result<Self, Failure> {
        use std::os::unix::ffi::OsStrExt;
        let given = |names| names::all_given(names, cli.common.escaped);
        let parts = |list: &std::ffi::OsString| {
            let parts = list.as_bytes().split(|byte| *byte == b',').map(std::ffi::OsStr::from_bytes);
            parts.map(|part| names::given(part, cli.common.escaped)).collect()
        };
        Ok(Self {
            tags: given(&args.tags)?,
            all_of: args.all_of.iter().map(parts).collect::<Result<_, _>>()?,
            keys: given(&args.keys)?,
            under: given(&args.under)?,
        })
    }

    /// All of it is tried; the first error is told when the rest is done.
    fn carry_out(&self, cache: &Cache<Raw>, soft: bool) -> Result<u64, Failure> {
        let mut outcomes = Vec::new();
        if !self.tags.is_empty() {
            outcomes.push(if soft {
                cache.expire_tags(&self.tags)
            } else {
                cache.invalidate_tags(&self.tags)
            });
        }
        for tags in &self.all_of {
            outcomes.push(if soft { cache.expire_all_of(tags) } else { cache.invalidate_all_of(tags) });
        }
        for path in &self.under {
            outcomes.push(if soft { cache.expire_under(path) } else { cache.invalidate_under(path) });
        }
        for key in &self.keys {
            let found = if soft { cache.expire_key(key) } else { cache.invalidate_key(key) };
            outcomes.push(found.map(u64::from));
        }
        Ok(outcomes.into_iter().collect::<Result<Vec<_>, _>>()?.iter().sum())
    }
}
