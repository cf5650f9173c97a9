//! Compute-through, and what is done inside a computation.

use std::fs::OpenOptions;
use std::io::{self, Write};

use tagcache::Fill;
use tagcache::codec::Postcard;

use crate::answers;
use crate::console::{hear, say};
use crate::session::{Answer, Session, System};

impl Session {
    /// Computes at once, if it is this process's turn.
    pub(crate) fn get_with(&mut self, key: &str, value: &str, tags: &[&str]) -> Answer {
        self.compute(key, value, tags, |_, _| true)
    }

    /// Computes for as long as the test wants.
    pub(crate) fn fill(&mut self, key: &str, value: &str, tags: &[&str]) -> Answer {
        self.compute(key, value, tags, Self::obey_while_computing)
    }

    fn compute(
        &mut self,
        key: &str,
        value: &str,
        tags: &[&str],
        succeeds: impl FnOnce(&mut Self, &mut Fill<Postcard, System>) -> bool,
    ) -> Answer {
        let (cache, policy) = (self.cache()?.clone(), self.policy_with(tags));
        let computed = cache.try_get_with(key, &policy, |fill| {
            self.count()?;
            if succeeds(self, fill) { Ok(String::from(value)) } else { Err(io::Error::other("as told")) }
        });
        Ok(match computed {
            Ok(hit) => answers::source(&hit),
            Err(error) => format!("failed: {error}"),
        })
    }

    fn obey_while_computing(&mut self, fill: &mut Fill<Postcard, System>) -> bool {
        say("computing");
        loop {
            let line = hear();
            match *line.split_whitespace().collect::<Vec<_>>() {
                ["go"] => return true,
                ["fail"] => return false,
                ["tag", tag] => {
                    fill.add_tag(tag);
                    say("ok");
                }
                ["decline"] => {
                    fill.decline();
                    say("ok");
                }
                _ => self.obey_line(&line),
            }
        }
    }

    /// Outside of the cache, so that no fault in there can hide a computation. One short write at the end of a file is
    /// never torn by another.
    fn count(&self) -> io::Result<()> {
        OpenOptions::new().create(true).append(true).open(&self.tally)?.write_all(b"computed\n")
    }
}
