//! Question: is what lies in the tree, so that neither the binary nor an author needs its generator, still what that makes?
//!
//! In: `wit/strategy.wit`, and `inert.wat`. Out: `guest-sdk/c/bindings/strategy.h` and `.c`, as wit-bindgen makes them, compared, or
//! written anew with `UPDATE_EXPECT=1`; `inert.wasm`, likewise.

use std::path::Path;

use expect_test::expect_file;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

/// The generator's own choice is the whole path: `ringfence_strategy_types_trade_t`.
const NAMES: &[(&str, &str)] = &[
    ("ringfence:strategy/types@0.1.0", "rf"),
    ("ringfence:strategy/view@0.1.0", "rf_view"),
    ("ringfence:strategy/intents@0.1.0", "rf_intents"),
    ("ringfence:strategy/guest@0.1.0", "rf_guest"),
];

fn bindings() -> Files {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let (package, _) = resolve.push_path(wit).expect("the WIT file parses");
    let world = resolve.select_world(&[package], Some("strategy")).expect("the world is there");
    let options = wit_bindgen_c::Opts {
        no_object_file: true,
        rename: NAMES.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect(),
        ..wit_bindgen_c::Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files).expect("the generator takes it");
    files
}

#[test]
fn the_c_bindings_are_those_of_the_wit_file() {
    let files = bindings();
    let text = |name: &str| {
        let (_, bytes) = files.iter().find(|(file, _)| *file == name).expect("the generator writes it");
        String::from_utf8(bytes.to_vec()).expect("C is text")
    };
    assert_eq!(files.iter().count(), 2, "a header and a source file");
    expect_file!["../../../guest-sdk/c/bindings/strategy.h"].assert_eq(&text("strategy.h"));
    expect_file!["../../../guest-sdk/c/bindings/strategy.c"].assert_eq(&text("strategy.c"));
}

#[test]
fn the_answers_to_wasi_preview_1_are_those_of_their_text() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/languages");
    let made = wat::parse_file(folder.join("inert.wat")).expect("the text is a module");
    let place = folder.join("inert.wasm");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&place, &made).expect("the tree is writable");
    }
    let kept = std::fs::read(&place).expect("it is there");
    assert!(kept == made, "inert.wasm is not what inert.wat says; UPDATE_EXPECT=1 writes it anew");
}
