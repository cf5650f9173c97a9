//! The commands, and what is remembered from one to the next.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use tagcache::codec::Postcard;
use tagcache::{Cache, Durability, Policy};
use tagcache_actors::PATIENCE;
use tagcache_fs::Os;
use tagcache_testkit::Layered;

use crate::answers;
use crate::console::{hear, say};
use crate::forked;
use crate::hold::{self, Held};
use crate::stops::Stops;

/// The real system, with a place to stop before every call.
pub(crate) type System = Layered<Os, Stops>;
pub(crate) type OurCache = Cache<Postcard, System>;
pub(crate) type Answer = Result<String, Box<dyn Error>>;

pub(crate) struct Session {
    root: PathBuf,
    pub(crate) tally: PathBuf,
    stops: Arc<Stops>,
    cache: Option<OurCache>,
    pub(crate) policy: Policy,
    held: Vec<Held>,
}

impl Session {
    pub(crate) fn new(root: PathBuf, tally: PathBuf) -> Self {
        let (policy, stops) = (patient(), Arc::default());
        Self { root, tally, stops, cache: None, policy, held: Vec::new() }
    }

    /// Obeys until there are no more commands.
    pub(crate) fn run(&mut self) -> ! {
        loop {
            self.obey_line(&hear());
        }
    }

    pub(crate) fn obey_line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match self.obey(&words) {
            Ok(answer) => say(answer),
            Err(error) => say(format_args!("error: {error}")),
        }
    }

    fn obey(&mut self, words: &[&str]) -> Answer {
        match words {
            ["open", options @ ..] => self.open(options),
            ["policy", options @ ..] => self.set_policy(options),
            ["stop-at", call] => self.stop(call, "", true),
            ["stop-at", call, prefix] => self.stop(call, prefix, true),
            ["stop-always", call] => self.stop(call, "", false),
            ["stop-always", call, prefix] => self.stop(call, prefix, false),
            ["get-with", key, value, tags @ ..] => self.get_with(key, value, tags),
            ["fill", key, value, tags @ ..] => self.fill(key, value, tags),
            ["fork", words @ ..] => forked::run(&self.tally, || self.ask_cache(words)),
            ["hold", what @ ..] => {
                let held = hold::take(self.cache()?, what)?;
                Ok(answers::held(held.map(|held| self.held.push(held)).is_some()))
            }
            ["release"] => self.held.pop().map(|_| "released".into()).ok_or("nothing is held".into()),
            _ => self.ask_cache(words),
        }
    }

    /// The commands that are one call of the cache.
    fn ask_cache(&self, words: &[&str]) -> Answer {
        let cache = self.cache()?;
        Ok(match words {
            ["put", key, value, tags @ ..] => {
                answers::stored(cache.put(key, &String::from(*value), &self.policy_with(tags))?)
            }
            ["replace", key, value, tags @ ..] => {
                answers::stored(cache.replace(key, &String::from(*value), &self.policy_with(tags))?)
            }
            ["get", key] => cache.get::<String>(key)?.map_or("none".into(), |hit| format!("fresh {}", *hit)),
            ["lookup", key] => answers::lookup(&cache.lookup(key)?),
            ["origin", key] => answers::origin(cache.get(key)?.as_ref()),
            ["keep", key] => loop {
                // Kept as soon as the entry has rested for a tenth of a second.
                let origin = answers::origin(cache.get(key)?.as_ref());
                match origin.split_once(' ') {
                    Some(("disk", _)) => thread::yield_now(),
                    _ => break origin,
                }
            },
            ["in-memory"] => cache.in_memory().to_string(),
            ["upkeep"] => answers::swept(&cache.upkeep(Duration::from_secs(60))?),
            ["invalidate-tag", tag] => answers::took(cache.invalidate_tag(tag)?),
            ["expire-tag", tag] => answers::took(cache.expire_tag(tag)?),
            ["invalidate-key", key] => answers::took(cache.invalidate_key(key)?.into()),
            ["expire-key", key] => answers::took(cache.expire_key(key)?.into()),
            ["clear"] => answers::took(cache.clear()?),
            ["sweep"] => answers::swept(&cache.sweep()?),
            _ => return Err(format!("no such command: {}", words.join(" ")).into()),
        })
    }

    pub(crate) fn cache(&self) -> Result<&OurCache, Box<dyn Error>> {
        self.cache.as_ref().ok_or_else(|| "the root is not open".into())
    }

    pub(crate) fn policy_with(&self, tags: &[&str]) -> Policy {
        self.policy.clone().tags(tags)
    }

    fn open(&mut self, options: &[&str]) -> Answer {
        let mut builder = Cache::<Postcard>::builder();
        for option in options {
            match option.split_once('=') {
                Some(("durability", "full")) => builder = builder.durability(Durability::Full),
                Some(("durability", "volatile")) => builder = builder.durability(Durability::Volatile),
                Some(("boot", boot)) => self.stops.set_boot(boot.parse()?),
                _ => return Err(format!("no such option: {option}").into()),
            }
        }
        match builder.open_on(System::over(Os, &self.stops), &self.root) {
            Ok(cache) => {
                self.cache = Some(cache);
                Ok("opened".into())
            }
            Err(error) => Ok(format!("refused: {error}")),
        }
    }

    fn set_policy(&mut self, options: &[&str]) -> Answer {
        let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
        let mut policy = patient();
        for option in options {
            policy = match (*option, option.split_once('=')) {
                ("expired", _) => policy.expire_at(an_hour_ago),
                ("too-old", _) => policy.expire_at(an_hour_ago).keep_stale(Duration::ZERO),
                ("wait", _) => policy.stale_while_refresh(false),
                (_, Some(("patience", millis))) => policy.wait_limit(Duration::from_millis(millis.parse()?)),
                _ => return Err(format!("no such option: {option}").into()),
            };
        }
        self.policy = policy;
        Ok("ok".into())
    }

    fn stop(&self, call: &str, prefix: &str, once: bool) -> Answer {
        if self.stops.stop(call, prefix, once) {
            Ok("ok".into())
        } else {
            Err(format!("no such call: {call}").into())
        }
    }
}

/// A machine under load must not change what a test sees: who waits does so for longer than the test has patience.
fn patient() -> Policy {
    Policy::new().wait_limit(2 * PATIENCE)
}
