//! Which of the values that a function returns are stored: all, only `Ok`, only `Some`.

use proc_macro2::Ident;
use syn::Type;
use syn::parse::{Parse, ParseStream};

/// What a function returns, as the cache sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every value is stored.
    Always,
    /// A `Result`, of which only `Ok` is stored.
    Ok,
    /// An `Option`, of which only `Some` is stored.
    Some,
}

impl Outcome {
    /// By the last name in the path of the type, which is all that a macro can see of it.
    pub(crate) fn of(output: &Type) -> Self {
        let last = match output {
            Type::Path(path) => path.path.segments.last(),
            _ => None,
        };
        match last.map(|segment| segment.ident.to_string()).as_deref() {
            Some("Result") => Self::Ok,
            Some("Option") => Self::Some,
            _ => Self::Always,
        }
    }

    /// The function of `tagcache::__private` for it.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Ok => "ok",
            Self::Some => "some",
        }
    }
}

impl Parse for Outcome {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let word: Ident = input.parse()?;
        match word.to_string().as_str() {
            "always" => Ok(Self::Always),
            "ok" => Ok(Self::Ok),
            "some" => Ok(Self::Some),
            _ => Err(syn::Error::new(
                word.span(),
                "what is stored is `ok` (of a Result), `some` (of an Option) or `always` (every value)",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn the_last_name_in_the_path_decides() {
        let of = |output: &str| Outcome::of(&syn::parse_str(output).unwrap());
        assert_eq!(of("Result<Page, Error>"), Outcome::Ok);
        assert_eq!(of("std::io::Result<Page>"), Outcome::Ok);
        assert_eq!(of("::core::option::Option<Page>"), Outcome::Some);
        for whole in ["Page", "Vec<Option<u8>>", "(Result<u8, u8>, u8)", "Fallible<Page>", "[Option<u8>; 2]"]
        {
            assert_eq!(of(whole), Outcome::Always, "{whole}");
        }
    }
}
