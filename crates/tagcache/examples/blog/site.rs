//! The blog itself: Markdown files in a folder, and pages made of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use serde::{Deserialize, Serialize};

/// What is cached: a rendered page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) html: String,
}

/// The folder of Markdown files that the pages are made of.
pub(crate) struct Site {
    content: PathBuf,
}

impl Site {
    /// A working copy of the content that comes with this example, so that editing it harms nothing.
    pub(crate) fn check_out(into: &Path) -> io::Result<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/blog/content");
        fs::create_dir_all(into.join("posts"))?;
        fs::copy(source.join("about.md"), into.join("about.md"))?;
        for slug in slugs(&source)? {
            let name = format!("posts/{slug}.md");
            fs::copy(source.join(&name), into.join(&name))?;
        }
        Ok(Self { content: into.to_owned() })
    }

    /// The posts, newest first.
    pub(crate) fn posts(&self) -> io::Result<Vec<String>> {
        let mut slugs = slugs(&self.content)?;
        slugs.sort_unstable_by(|a, b| b.cmp(a));
        Ok(slugs)
    }

    pub(crate) fn render_about(&self) -> io::Result<Page> {
        self.render("about.md")
    }

    pub(crate) fn render_post(&self, slug: &str) -> io::Result<Page> {
        self.render(&format!("posts/{slug}.md"))
    }

    /// The home page shows the bio and all posts, so it depends on all of them.
    pub(crate) fn render_home(&self) -> io::Result<Page> {
        let mut html = String::from("<h1>Wren's bench</h1>\n");
        html.push_str(&self.render_about()?.html);
        for slug in self.posts()? {
            let post = self.render_post(&slug)?;
            html.push_str(&format!(
                "<article><h2><a href=\"/{slug}\">{}</a></h2>\n{}</article>\n",
                post.title, post.html
            ));
        }
        Ok(Page { title: "Wren's bench".into(), html })
    }

    /// What an editor does: one sentence of the bio becomes another.
    pub(crate) fn edit_bio(&self, old: &str, new: &str) -> io::Result<()> {
        let path = self.content.join("about.md");
        let text = fs::read_to_string(&path)?;
        assert!(text.contains(old), "the sentence to be edited is there");
        fs::write(path, text.replace(old, new))
    }

    fn render(&self, name: &str) -> io::Result<Page> {
        let markdown = fs::read_to_string(self.content.join(name))?;
        let mut html = String::new();
        html::push_html(&mut html, Parser::new_ext(&markdown, Options::ENABLE_TABLES));
        Ok(Page { title: title(&markdown), html })
    }
}

fn slugs(content: &Path) -> io::Result<Vec<String>> {
    let mut slugs = Vec::new();
    for entry in fs::read_dir(content.join("posts"))? {
        let path = entry?.path();
        if let Some(slug) = path.file_stem().and_then(|stem| stem.to_str()) {
            slugs.push(slug.to_owned());
        }
    }
    Ok(slugs)
}

/// The text of the first heading.
fn title(markdown: &str) -> String {
    let mut events =
        Parser::new(markdown).skip_while(|event| !matches!(event, Event::Start(Tag::Heading { .. })));
    let heading = events.by_ref().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    heading
        .filter_map(|event| if let Event::Text(text) = event { Some(text.into_string()) } else { None })
        .collect()
}
