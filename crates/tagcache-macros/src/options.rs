//! What stands between the parentheses of the attribute.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Path, Token, Type, parenthesized, token};

use crate::knobs::{self, Knob};
use crate::outcome::Outcome;
use crate::siblings::Sibling;

/// The options that are no [`Knob`].
const OTHERS: [&str; 15] = [
    "key",
    "include",
    "ignore",
    "tags",
    "tag_paths",
    "cache",
    "codec",
    "schema",
    "when",
    "policy",
    "store",
    "fill",
    "uncached",
    "refresh",
    "crate",
];

/// The options of one attribute.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) key: Option<Expr>,
    pub(crate) include: Vec<Expr>,
    pub(crate) ignore: Vec<Ident>,
    pub(crate) tags: Option<Expr>,
    pub(crate) tag_paths: Option<Expr>,
    pub(crate) cache: Option<Expr>,
    pub(crate) codec: Option<Type>,
    pub(crate) schema: Option<Expr>,
    pub(crate) when: Option<Expr>,
    pub(crate) policy: Option<Expr>,
    pub(crate) knobs: Vec<Knob>,
    pub(crate) store: Option<Outcome>,
    pub(crate) fill: Option<Ident>,
    pub(crate) uncached: Option<Sibling>,
    pub(crate) refresh: Option<Sibling>,
    /// The path to the crate `tagcache`, if it is not `::tagcache`.
    pub(crate) tagcache: Option<Path>,
    /// Where each option stands, in the order of the text.
    given: Vec<(String, Span)>,
}

impl Options {
    fn read(&mut self, name: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let word = name.unraw().to_string();
        self.note(&word, name.span())?;
        match word.as_str() {
            "include" => self.include.extend(in_parentheses(name, input, Expr::parse)?),
            "ignore" => self.ignore.extend(in_parentheses(name, input, Ident::parse_any)?),
            "key" => self.key = Some(value(name, input)?),
            "tags" => self.tags = Some(value(name, input)?),
            "tag_paths" => self.tag_paths = Some(value(name, input)?),
            "cache" => self.cache = Some(value(name, input)?),
            "codec" => self.codec = Some(value(name, input)?),
            "schema" => self.schema = Some(value(name, input)?),
            "when" => self.when = Some(value(name, input)?),
            "policy" => self.policy = Some(value(name, input)?),
            "store" => self.store = Some(value(name, input)?),
            "fill" => self.fill = Some(value(name, input)?),
            "uncached" => self.uncached = Some(value(name, input)?),
            "refresh" => self.refresh = Some(value(name, input)?),
            "crate" => self.tagcache = Some(value(name, input)?),
            _ => {
                let knob = Knob::read(name, || value(name, input));
                let knob = knob.ok_or_else(|| syn::Error::new(name.span(), unknown(&word)))?;
                self.knobs.push(knob?);
            }
        }
        Ok(())
    }

    fn note(&mut self, name: &str, span: Span) -> syn::Result<()> {
        if self.span_of(name).is_some() {
            return Err(syn::Error::new(span, format!("`{name}` is given twice")));
        }
        self.given.push((name.to_owned(), span));
        Ok(())
    }

    fn span_of(&self, name: &str) -> Option<Span> {
        self.given.iter().find(|(given, _)| given == name).map(|(_, span)| *span)
    }

    fn exclude(&self, one: &str, other: &str, why: &str) -> syn::Result<()> {
        match (self.span_of(one), self.span_of(other)) {
            (Some(_), Some(span)) => Err(syn::Error::new(span, format!("`{other}` with `{one}`: {why}"))),
            _ => Ok(()),
        }
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            if names_an_option(input) {
                let name = input.call(Ident::parse_any)?;
                options.read(&name, input)?;
            } else {
                if !options.given.is_empty() {
                    return Err(input.error("only the key stands without a name, and it stands first"));
                }
                let key: Expr = input.parse()?;
                options.note("key", key.span())?;
                options.key = Some(key);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        options.exclude("expire", "expire_at", "give one of the two")?;
        options.exclude(
            "cache",
            "codec",
            "a cache has its codec; `codec` chooses among the installed caches",
        )?;
        options.exclude("key", "include", "what the key depends on is said in `key`")?;
        Ok(options)
    }
}

/// `name = …`, or one of the two that read like a call.
fn names_an_option(input: ParseStream<'_>) -> bool {
    let like_a_call = || {
        let ahead = input.fork();
        matches!(ahead.call(Ident::parse_any), Ok(name) if name == "include" || name == "ignore")
            && ahead.peek(token::Paren)
    };
    let assigned = input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]);
    assigned || like_a_call()
}

fn value<T: Parse>(name: &Ident, input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(name.span(), format!("`{name}` has no value")));
    }
    input.parse()
}

fn in_parentheses<T>(
    name: &Ident,
    input: ParseStream<'_>,
    part: fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    if !input.peek(token::Paren) {
        return Err(syn::Error::new(name.span(), format!("write `{name}(…)`")));
    }
    let content;
    parenthesized!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated_with(&content, part)?.into_iter().collect())
}

fn unknown(word: &str) -> String {
    let known: Vec<String> =
        OTHERS.into_iter().chain(knobs::names()).map(|name| format!("`{name}`")).collect();
    format!("there is no option `{word}`; there are {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{OTHERS, Options, knobs};

    fn problem(text: &str) -> Option<String> {
        syn::parse_str::<Options>(text).err().map(|error| error.to_string())
    }

    #[test]
    fn every_name_in_the_list_is_known() {
        for name in OTHERS.into_iter().chain(knobs::names()) {
            let (given, missing) = (format!("{name} = x"), format!("{name} ="));
            for problem in [problem(&given), problem(&missing)].into_iter().flatten() {
                assert!(!problem.contains("there is no option"), "{name}: {problem}");
            }
        }
    }

    #[test]
    fn the_key_alone_stands_without_a_name() {
        for key in ["\"home\"", "HOME", "key_of(id)", "(1, id)", "a == b", "ignored(x)", ""] {
            let options = syn::parse_str::<Options>(key).unwrap();
            assert_eq!(options.key.is_some(), !key.is_empty(), "{key}");
        }
        assert!(problem("\"home\", 7").is_some() && problem("expire = 7d, \"home\"").is_some());
    }
}
