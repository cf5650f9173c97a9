//! A small blog, cached page by page: the whole life of a cache in one run.
//!
//! ```text
//! cargo run --release --example blog                    # in a fresh temporary directory
//! cargo run --release --example blog -- --root DIR      # in DIR, kept for inspection; run it twice
//! ```
//!
//! The home page shows the bio and the newest posts, so it is cached as `blog-home` with the tags `bio` and `blog-new`,
//! for seven days. The about page has the tag `bio`; each post has a key and a tag of its own. When the bio is edited,
//! one call makes the right pages invalid, in every process, and no others.

#![allow(clippy::print_stdout)]

mod site;
mod tree;

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use site::{Page, Site};
use tagcache::{Cache, Hit, Lookup, Policy, Postcard, Source};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
/// Told to the second process: open this cache, look, and say what you found.
const VISIT: &str = "--visit";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [VISIT, root] => visit(Path::new(root)),
        ["--root", root] => story(Path::new(root)),
        [] => {
            let fresh = tempfile::tempdir()?;
            story(&fresh.path().join("cache"))
        }
        _ => Err("usage: blog [--root DIR]".into()),
    }
}

fn story(root: &Path) -> Result<()> {
    let workshop = tempfile::tempdir()?;
    let site = Site::check_out(workshop.path())?;
    let blog = Blog { cache: Cache::open(root)?, site };

    chapter("The pages: rendered on a new cache, hits on one that was kept");
    blog.show_all()?;

    chapter("The same again: hits");
    let shown = blog.show_all()?;
    // From disk, or from memory where a page has rested for a tenth of a second.
    let all_cached = shown.iter().all(|hit| matches!(hit.source(), Source::Disk | Source::Memory));
    assert!(all_cached, "everything is in the cache now");

    chapter("A second process: hits what the first one wrote");
    println!("{}", run_visitor(root)?);

    chapter("The bio is edited, and one call invalidates the pages that show it");
    blog.site.edit_bio("three soldering irons", "four soldering irons")?;
    timed("invalidate the tag bio", || blog.cache.invalidate_tag("bio"))?;
    blog.look_at_all(&["blog-home", "about"])?;
    let home = blog.home()?;
    assert!(home.html.contains("four soldering irons"), "the new bio is on the home page");

    chapter("A preview declines to be stored");
    blog.preview()?;

    chapter("The edit is taken back: invalidated again, and cleaned up before anybody asks");
    blog.site.edit_bio("four soldering irons", "three soldering irons")?;
    timed("invalidate the tag bio", || blog.cache.invalidate_tag("bio"))?;
    let swept = timed("sweep", || blog.cache.sweep())?;
    println!("    removed: {} entries, {} links, {} folders", swept.entries, swept.links, swept.folders);
    println!("    remain:  {} entries, {} bytes on disk", swept.kept, swept.kept_bytes);

    chapter("The pages, rendered where they are missing");
    blog.show_all()?;

    chapter("At the end everything in the tree is fresh, and no link is dead");
    blog.look_at_all(&[])?;
    let nothing = blog.cache.sweep()?;
    assert_eq!(
        (nothing.entries, nothing.links, nothing.drafts, nothing.leases),
        (0, 0, 0, 0),
        "nothing is left behind"
    );
    tree::print(root)?;
    println!("\n{:#?}", blog.cache.stats());
    Ok(())
}

struct Blog {
    cache: Cache<Postcard>,
    site: Site,
}

impl Blog {
    /// The seed's own example, line by line: a key, an expiry, two tags, and what makes the page.
    fn home(&self) -> io::Result<Hit<Page>> {
        let policy = Policy::new().expire_in(WEEK).tags(["blog-new", "bio"]);
        self.cache.try_get_with("blog-home", &policy, |_| self.site.render_home())
    }

    fn about(&self) -> io::Result<Hit<Page>> {
        let policy = Policy::new().expire_in(WEEK).tag("bio");
        self.cache.try_get_with("about", &policy, |_| self.site.render_about())
    }

    fn post(&self, slug: &str) -> io::Result<Hit<Page>> {
        let policy = Policy::new().expire_in(WEEK);
        self.cache.try_get_with(post_key(slug), &policy, |fill| {
            // Tags may be known only while the page is made.
            fill.add_tag(format!("post/{slug}"));
            self.site.render_post(slug)
        })
    }

    /// A page that only its author may see: made through the cache, never kept by it.
    fn preview(&self) -> Result<()> {
        let page = timed("preview", || {
            self.cache.try_get_with("preview", &Policy::new(), |fill| {
                fill.decline();
                self.site.render_home()
            })
        })?;
        println!("    {} bytes, {:?}", page.html.len(), page.source());
        assert!(self.cache.get::<Page>("preview")?.is_none(), "it was declined, so it is not there");
        Ok(())
    }

    fn show_all(&self) -> Result<Vec<Hit<Page>>> {
        let mut shown = vec![timed("home", || self.home())?, timed("about", || self.about())?];
        for slug in self.site.posts()? {
            shown.push(timed(&slug, || self.post(&slug))?);
        }
        for hit in &shown {
            println!("    {:<22} {:>5} bytes  {}", hit.title, hit.html.len(), said(hit.source()));
        }
        Ok(shown)
    }

    /// Looks at every page without making any, and checks that exactly these are missing.
    fn look_at_all(&self, missing: &[&str]) -> Result<()> {
        let mut keys = vec!["blog-home".to_owned(), "about".to_owned()];
        keys.extend(self.site.posts()?.iter().map(|slug| post_key(slug)));
        for key in keys {
            let look = self.cache.lookup::<Page>(&key)?;
            assert_eq!(missing.contains(&key.as_str()), !matches!(look, Lookup::Fresh(_)), "{key}");
            match look {
                Lookup::Fresh(_) => println!("    {key:<40} fresh"),
                Lookup::Stale(_, stale) => println!("    {key:<40} {stale}"),
                Lookup::Miss(miss) => println!("    {key:<40} {miss}"),
            }
        }
        Ok(())
    }
}

fn post_key(slug: &str) -> String {
    format!("post/{slug}")
}

/// Runs this program once more, as another process on the same cache.
fn run_visitor(root: &Path) -> Result<String> {
    let program: PathBuf = std::env::current_exe()?;
    let output = Command::new(program).arg(VISIT).arg(root).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

fn visit(root: &Path) -> Result<()> {
    let cache = Cache::open(root)?;
    let began = Instant::now();
    let page = cache.get::<Page>("blog-home")?.ok_or("the first process wrote this page")?;
    let took = began.elapsed();
    println!(
        "    process {} read “{}”, {} bytes, in {took:.1?}",
        std::process::id(),
        page.title,
        page.html.len()
    );
    Ok(())
}

fn chapter(title: &str) {
    println!("\n{title}");
}

fn timed<T, E>(what: &str, act: impl FnOnce() -> std::result::Result<T, E>) -> std::result::Result<T, E> {
    let began = Instant::now();
    let outcome = act();
    println!("  {what:<28} {:>10.1?}", began.elapsed());
    outcome
}

fn said(source: Source) -> String {
    match source {
        Source::Computed { stored, took } => format!("computed in {took:.1?}, stored: {stored:?}"),
        other => format!("{other:?}"),
    }
}
