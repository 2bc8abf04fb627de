//! Question: which fields of this type belong to a snapshot, in which order?
//!
//! In: a struct or an enum. Out: its `Persist`, which lists the fields as they stand. Must never leave a field out that the
//! author did not mark, or accept a mark that it does not know. Authors reach it as `ringfence_sdk::Persist`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DataEnum, DeriveInput, Error, Field, Fields, Generics, Ident, LitInt, Result, Variant};

/// Saves and loads every field in the order in which it stands; see `ringfence_sdk::Persist`.
///
/// `#[persist(skip)]` leaves a field out: it keeps what `setup` gave it. `#[persist(since = 2)]` loads a field only from
/// snapshots of at least that `Strategy::STATE_VERSION`. Of an enum the case is saved as one byte, by its place.
#[proc_macro_derive(Persist, attributes(persist))]
pub fn derive_persist(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    persist(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn persist(input: &DeriveInput) -> Result<TokenStream> {
    refuse_marks(&input.attrs, "a type")?;
    let body = match &input.data {
        Data::Struct(data) => of_struct(&data.fields)?,
        Data::Enum(data) => of_enum(data, &input.ident)?,
        Data::Union(_) => {
            return Err(Error::new(input.span(), "a union cannot be saved: nobody knows which field it holds"));
        }
    };
    let name = &input.ident;
    let generics = with_bounds(input.generics.clone());
    let (parameters, arguments, bounds) = generics.split_for_impl();
    Ok(quote! {
        impl #parameters ::ringfence_sdk::Persist for #name #arguments #bounds {
            fn persist(&mut self, archive: &mut ::ringfence_sdk::Archive<'_>) {
                #body
            }
        }
    })
}

/// Each type parameter has to be saved too.
fn with_bounds(mut generics: Generics) -> Generics {
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(syn::parse_quote!(::ringfence_sdk::Persist));
    }
    generics
}

fn of_struct(fields: &Fields) -> Result<TokenStream> {
    let item = |(field, member): (&Field, syn::Member)| Ok(Mark::of(field)?.list(&quote!(&mut self.#member)));
    let items: Vec<TokenStream> = fields.iter().zip(fields.members()).map(item).collect::<Result<_>>()?;
    // A type without saved fields would not use its argument.
    Ok(if items.iter().all(TokenStream::is_empty) { quote!(let _ = archive;) } else { quote!(#(#items)*) })
}

/// The case as one byte; a case that is loaded and not held already begins with defaults.
fn of_enum(data: &DataEnum, name: &Ident) -> Result<TokenStream> {
    if data.variants.is_empty() {
        return Err(Error::new(name.span(), "an enum without cases has no value to save"));
    }
    if data.variants.len() > CASES_MAX {
        return Err(Error::new(
            name.span(),
            format!("{} cases, and one byte tells {CASES_MAX} apart", data.variants.len()),
        ));
    }
    let mut holds = Vec::new();
    let mut loads = Vec::new();
    for (variant, place) in data.variants.iter().zip(0_u8..=u8::MAX) {
        refuse_marks(&variant.attrs, "a case")?;
        let case = &variant.ident;
        holds.push(quote!(Self::#case { .. } => #place));
        let (pattern, items) = (pattern_of(variant), items_of(variant)?);
        let fresh = defaults_of(variant);
        loads.push(quote! {
            #place => {
                if !::core::matches!(self, Self::#case { .. }) {
                    *self = #fresh;
                }
                if let #pattern = self {
                    #items
                }
            }
        });
    }
    Ok(quote! {
        let mut case: u8 = match self { #(#holds,)* };
        archive.item(&mut case);
        #[allow(irrefutable_let_patterns, unreachable_patterns, reason = "an enum may have one case, or 256")]
        match case {
            #(#loads)*
            _ => archive.fail(::ringfence_sdk::RestoreError::BadValue),
        }
    })
}

/// As many as one byte tells apart.
const CASES_MAX: usize = 256;

/// Every field of a case under a name of its own, in the form that fits all three kinds of case.
fn pattern_of(variant: &Variant) -> TokenStream {
    let case = &variant.ident;
    let fields = variant.fields.members().zip(names()).map(|(member, name)| quote!(#member: #name));
    let used = variant.fields.iter().zip(fields).filter(|(field, _)| !Mark::of(field).is_ok_and(|mark| mark.is_skip()));
    let used = used.map(|(_, field)| field);
    quote!(Self::#case { #(#used,)* .. })
}

fn items_of(variant: &Variant) -> Result<TokenStream> {
    let item = |(field, name): (&Field, Ident)| Ok(Mark::of(field)?.list(&quote!(#name)));
    variant.fields.iter().zip(names()).map(item).collect()
}

fn defaults_of(variant: &Variant) -> TokenStream {
    let case = &variant.ident;
    let fields = variant.fields.members().map(|member| quote!(#member: ::core::default::Default::default()));
    quote!(Self::#case { #(#fields,)* })
}

fn names() -> impl Iterator<Item = Ident> {
    (0_usize..).map(|place| format_ident!("field_{place}"))
}

/// What an author said of a field.
enum Mark {
    None,
    Skip,
    Since(LitInt),
}

impl Mark {
    fn of(field: &Field) -> Result<Self> {
        let mut mark = Self::None;
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("persist")) {
            attribute.parse_nested_meta(|meta| {
                let found = if meta.path.is_ident("skip") {
                    Self::Skip
                } else if meta.path.is_ident("since") {
                    Self::Since(version(&meta.value()?.parse::<LitInt>()?)?)
                } else {
                    return Err(meta.error(KNOWN));
                };
                if !matches!(mark, Self::None) {
                    return Err(meta.error("one mark a field: a field that is skipped has no version"));
                }
                mark = found;
                Ok(())
            })?;
        }
        Ok(mark)
    }

    fn is_skip(&self) -> bool {
        matches!(self, Self::Skip)
    }

    /// The call that lists the field.
    fn list(&self, field: &TokenStream) -> TokenStream {
        match self {
            Self::None => quote!(archive.item(#field);),
            Self::Skip => TokenStream::new(),
            Self::Since(version) => quote!(if archive.version() >= #version { archive.item(#field); }),
        }
    }
}

/// What can stand in `#[persist(…)]`.
const KNOWN: &str =
    "unknown mark; known: `skip` (keeps what `setup` gave it), `since = VERSION` (newer than older snapshots)";

fn version(literal: &LitInt) -> Result<LitInt> {
    match literal.base10_parse::<u16>() {
        Ok(1..) => Ok(LitInt::new(literal.base10_digits(), literal.span())),
        Ok(0) | Err(_) => Err(Error::new(literal.span(), "a version from 1 to 65535: every snapshot has 0 at least")),
    }
}

/// Only fields are marked.
fn refuse_marks(attributes: &[Attribute], place: &str) -> Result<()> {
    match attributes.iter().find(|attribute| attribute.path().is_ident("persist")) {
        None => Ok(()),
        Some(attribute) => Err(Error::new(attribute.span(), format!("`persist` marks a field, not {place}"))),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// What an author reads of a type that cannot be derived, or what a struct's derive says.
    #[track_caller]
    fn check(source: &str, want: Expect) {
        let input: DeriveInput = syn::parse_str(source).expect("a type");
        let said = persist(&input).map_or_else(|error| format!("error: {error}"), |tokens| tokens.to_string());
        want.assert_eq(&said);
    }

    #[test]
    fn fields_are_listed_in_their_order_but_for_those_that_are_skipped() {
        check(
            "struct S<T> { a: u8, #[persist(skip)] b: Foreign, #[persist(since = 3)] c: T }",
            expect![
                "impl < T : :: ringfence_sdk :: Persist > :: ringfence_sdk :: Persist for S < T > { fn persist (& mut self , archive : & mut :: ringfence_sdk :: Archive < '_ >) { archive . item (& mut self . a) ; if archive . version () >= 3 { archive . item (& mut self . c) ; } } }"
            ],
        );
        check(
            "struct S(u8, #[persist(skip)] u16, u32);",
            expect![
                "impl :: ringfence_sdk :: Persist for S { fn persist (& mut self , archive : & mut :: ringfence_sdk :: Archive < '_ >) { archive . item (& mut self . 0) ; archive . item (& mut self . 2) ; } }"
            ],
        );
        check(
            "struct S { #[persist(skip)] a: u8 }",
            expect![
                "impl :: ringfence_sdk :: Persist for S { fn persist (& mut self , archive : & mut :: ringfence_sdk :: Archive < '_ >) { let _ = archive ; } }"
            ],
        );
    }

    #[test]
    fn what_cannot_be_saved_is_refused_in_words() {
        check("union U { a: u8, b: i8 }", expect!["error: a union cannot be saved: nobody knows which field it holds"]);
        check("enum E {}", expect!["error: an enum without cases has no value to save"]);
        let cases: String = (0..257).map(|at| format!("C{at},")).collect();
        check(&format!("enum E {{ {cases} }}"), expect!["error: 257 cases, and one byte tells 256 apart"]);
    }

    #[test]
    fn a_mark_that_is_unknown_or_misplaced_is_refused_in_words() {
        check(
            "struct S { #[persist(skipped)] a: u8 }",
            expect![
                "error: unknown mark; known: `skip` (keeps what `setup` gave it), `since = VERSION` (newer than older snapshots)"
            ],
        );
        check(
            "struct S { #[persist(skip, since = 2)] a: u8 }",
            expect!["error: one mark a field: a field that is skipped has no version"],
        );
        check(
            "struct S { #[persist(since = 0)] a: u8 }",
            expect!["error: a version from 1 to 65535: every snapshot has 0 at least"],
        );
        check(
            "struct S { #[persist(since = 65536)] a: u8 }",
            expect!["error: a version from 1 to 65535: every snapshot has 0 at least"],
        );
        check("struct S { #[persist(since = \"two\")] a: u8 }", expect!["error: expected integer literal"]);
        check("#[persist(skip)] struct S { a: u8 }", expect!["error: `persist` marks a field, not a type"]);
        check("enum E { #[persist(skip)] A }", expect!["error: `persist` marks a field, not a case"]);
        check(
            "enum E { A { #[persist(sikp)] a: u8 } }",
            expect![
                "error: unknown mark; known: `skip` (keeps what `setup` gave it), `since = VERSION` (newer than older snapshots)"
            ],
        );
    }
}
