//! Fills a cache directory with so many small entries, for `cargo xtask cli-bench --entries`.

use tagcache::{Builder, Policy, Raw};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let root = args.next().ok_or("name the cache directory")?;
    let count: u64 = args.next().ok_or("say how many entries")?.parse()?;
    let cache = Builder::new(Raw).open(root)?;
    for number in 0..count {
        let policy = Policy::new().tags([format!("group/{}", number % 100), String::from("all")]);
        cache.put(format!("page/{number}"), &format!("<h1>Page {number}</h1>"), &policy)?;
    }
    Ok(())
}
