//! `torture`: see the library of this package. The same program is supervisor, worker and foreigner.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use tagcache_torture::options::{Options, USAGE};
use tagcache_torture::place::Place;
use tagcache_torture::{Orders, lies, link, run, tell, work};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match *words {
        ["worker", ref rest @ ..] => orders(rest).and_then(|orders| work(&orders)),
        ["foreign", ref rest @ ..] => orders(rest).and_then(|orders| link(&orders.place, orders.seed)),
        ["story", place] => tell(&Place::new(place)).map(|()| true).map_err(|error| error.to_string()),
        _ => supervise(&args),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "torture: {error}");
            ExitCode::from(2)
        }
    }
}

fn supervise(args: &[String]) -> Result<bool, String> {
    let options = Options::parse(args).map_err(|error| format!("{error}\n\n{USAGE}"))?;
    let clean = if options.all_lies { lies(&options) } else { run(&options) };
    clean.map_err(|error| error.to_string())
}

fn orders(args: &[&str]) -> Result<Orders, String> {
    let [place, plan, first, seed] = args else { return Err("a worker is started by a supervisor".into()) };
    let first = first.parse().map_err(|_| format!("`{first}` is no number"))?;
    let seed = seed.parse().map_err(|_| format!("`{seed}` is no number"))?;
    Ok(Orders { place: Place::new(*place), plan: plan.parse()?, first, seed })
}
