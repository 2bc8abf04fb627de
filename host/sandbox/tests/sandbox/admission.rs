//! What is refused before anything is compiled or run. `tests/hostile.md` explains the ids.

use std::fs;
use std::path::Path;

use ringfence_sandbox::{COMPONENT_BYTES_MAX, ComponentBytes, Report, Rules, check};

use super::guest::{Guest, encode};
use super::rig::{load, slot};

/// The report on these bytes as a file.
pub(crate) fn report(bytes: &[u8]) -> Report {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("written");
    check(file.path(), &Rules::default())
}

/// Refused with exactly this code, and the finding says this much.
#[track_caller]
fn refused(bytes: &[u8], code: &str, found: &str) {
    let report = report(bytes);
    let codes: Vec<_> = report.refusals.iter().map(|refusal| refusal.code.code()).collect();
    assert!(!codes.is_empty() && codes.iter().all(|c| *c == code), "{codes:?}: {:#?}", report.refusals);
    assert!(report.refusals.iter().any(|refusal| refusal.found.contains(found)), "{:#?}", report.refusals);
}

#[track_caller]
fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_good_component_is_admitted_with_its_figures() {
    let report = report(&Guest::on_event("").component());
    assert!(report.is_ok(), "{:#?}", report.refusals);
    assert_eq!(report.wit_version, Some("0.1.0"));
    assert_eq!(report.world, Some("ringfence:strategy/strategy@0.1.0"));
    assert_eq!(report.imports, ["types", "view", "intents"].map(|name| format!("ringfence:strategy/{name}@0.1.0")));
    assert!(report.limits.iter().all(|row| row.used <= row.limit));
    let used = |name| report.limits.iter().find(|row| row.name == name).expect("a limit").used;
    assert_eq!((used("memories"), used("memory-bytes")), (1, 65_536));
    assert_eq!(report.sha256.len(), 64);
}

#[test]
fn h01_garbage() {
    let good = Guest::on_event("").component();
    refused(b"", "E-PARSE", "offset 0");
    refused(b"\0", "E-PARSE", "offset 0");
    refused(b"not wasm at all", "E-PARSE", "offset 0");
    refused(&good[..4], "E-PARSE", "offset 4");
    for cut in [9, good.len() / 2, good.len() - 1] {
        refused(&good[..cut], "E-PARSE", "offset");
    }
    let noise: Vec<u8> = b"\0asm\x0d\0\x01\0".iter().copied().chain((0..=255).cycle().take(5_000)).collect();
    refused(&noise, "E-PARSE", "offset");
}

#[test]
fn h01_no_byte_change_of_a_good_component_makes_the_parser_panic() {
    let good = Guest::on_event("").component();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        let bytes = ComponentBytes::from_memory(bytes, COMPONENT_BYTES_MAX).expect("small");
        // Admitted or refused; either way with a report and no panic.
        drop(ringfence_sandbox::admit(bytes, &Rules::default()));
    }
}

#[test]
fn h02_core_module() {
    let module = wat("(module (func (export \"on-event\")))");
    refused(&module, "E-CORE-MODULE", "core module");
    assert!(report(&module).refusals[0].fix.contains("ringfence build"));
}

#[test]
fn h03_giant_file() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    for size in [COMPONENT_BYTES_MAX + 1, 10 << 30] {
        // Sparse: it takes no space, and nothing of it is read.
        file.as_file().set_len(size).expect("sparse");
        let report = check(file.path(), &Rules::default());
        assert_eq!(report.refusals[0].code.code(), "E-SIZE");
        assert_eq!(report.refusals[0].found, format!("{size} bytes"));
        assert_eq!(report.sha256, "", "nothing was read");
    }
    file.as_file().set_len(COMPONENT_BYTES_MAX).expect("sparse");
    assert_eq!(check(file.path(), &Rules::default()).refusals[0].code.code(), "E-PARSE", "at the limit it is read");
}

#[test]
fn h04_forbidden_import() {
    let text = r#"(component
        (import "wasi:sockets/tcp@0.2.0" (instance))
        (import "wasi:filesystem/types@0.3.0" (instance))
        (import "wasi:http/outgoing-handler@0.2.0" (instance))
        (import "evil:package/api" (instance))
        (import "plain" (func)))"#;
    let report = report(&wat(text));
    let import = report.refusals.iter().find(|refusal| refusal.code.code() == "E-IMPORT").expect("refused");
    assert_eq!(
        import.found,
        "wasi:sockets/tcp@0.2.0, wasi:filesystem/types@0.3.0, wasi:http/outgoing-handler@0.2.0, evil:package/api, plain"
    );
    assert!(report.refusals.iter().any(|refusal| refusal.code.code() == "E-EXPORT"), "all problems at once");
}

#[test]
fn h04_names_are_shown_and_not_obeyed() {
    // A component that imports a function of this name; the validator puts it into its message.
    let name = b"x\x1b[2J\n\xe2\x80\xae";
    let mut bytes = component_of_section(7, &[1, 0x40, 0, 1, 0]);
    let import = [&[1, 0, name.len() as u8][..], name, &[0x01, 0]].concat();
    bytes.extend([&[10, import.len() as u8][..], &import].concat());
    refused(&bytes, "E-PARSE", "x\\u{1b}[2J\\n\\u{202e}");
    for refusal in report(&bytes).refusals {
        let line = refusal.to_string();
        assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
}

#[test]
fn h04_a_function_our_interface_does_not_have() {
    let text = r#"(component (import "ringfence:strategy/view@0.1.0" (instance
        (export "clock" (func (result u64))))))"#;
    let report = report(&wat(text));
    assert_eq!(report.refusals[0].found, "ringfence:strategy/view@0.1.0#clock");
}

#[test]
fn h04_what_wasi_has_beyond_the_inert_functions() {
    let text = r#"(component
        (import "wasi:cli/environment@0.2.0" (instance (export "set-environment" (func))))
        (import "wasi:random/random@0.2.9" (instance (export "get-random-u64" (func (result u32)))))
        (import "wasi:io/error@0.2.0" (instance (export "door" (type (sub resource))))))"#;
    let found: Vec<_> = report(&wat(text)).refusals.into_iter().map(|refusal| refusal.found).collect();
    let unknown = "wasi:cli/environment@0.2.0#set-environment, wasi:io/error@0.2.0#door";
    assert_eq!(found[..2], [unknown, "wasi:random/random@0.2.9#get-random-u64: func() -> u32"]);
}

#[test]
fn h06_missing_export() {
    refused(&wat("(component)"), "E-EXPORT", "no export ringfence:strategy/guest");
    let text = r#"(component
        (component $c) (instance $i (instantiate $c))
        (export "ringfence:strategy/guest@0.1.0" (instance $i)))"#;
    refused(&wat(text), "E-EXPORT", "without setup, on-event, snapshot, restore");
}

#[test]
fn h06_wrong_signature_is_refused_by_name() {
    let text = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (instance $g (export "setup" (func $f)) (export "on-event" (func $f))
                     (export "snapshot" (func $f)) (export "restore" (func $f)))
        (export "ringfence:strategy/guest@0.1.0" (instance $g)))"#;
    let report = report(&wat(text));
    let shown: Vec<_> = report.refusals.iter().map(|refusal| (refusal.code.code(), refusal.found.as_str())).collect();
    // `f` takes and gives nothing, as none of these does.
    let wrong = ["setup", "on-event", "snapshot", "restore"];
    let names = wrong.map(|name| format!("ringfence:strategy/guest@0.1.0#{name}: func()"));
    assert_eq!(shown, names.each_ref().map(|found| ("E-EXPORT", found.as_str())));
    assert_eq!(report.refusals[2].expected, "func() -> list<u8>");
    assert!(report.refusals[0].expected.starts_with("func(params: list<record{key: string"), "{report:#?}");
    let batch = text.replace("guest@", "batch@").replace("setup", "on-events");
    let report = crate::admission::report(&wat(&batch));
    let wrong = report.refusals.iter().find(|refusal| refusal.found.contains("on-events")).expect("refused");
    assert_eq!(wrong.found, "ringfence:strategy/batch@0.1.0#on-events: func()");
    assert_eq!((wrong.code.code(), wrong.expected.as_str()), ("E-EXPORT", "func(words: list<u64>) -> u32"));
    let none = batch.replace("on-events", "on-event-s");
    refused(&wat(&none), "E-EXPORT", "ringfence:strategy/batch@0.1.0 without on-events");
}

/// A component that exports nothing and imports one interface with these items.
#[track_caller]
fn importing(interface: &str, items: &str) -> Report {
    report(&wat(&format!(r#"(component (import "ringfence:strategy/{interface}@0.1.0" (instance {items})))"#)))
}

#[test]
fn h06_an_import_of_another_type_is_refused_by_name() {
    let report = importing("view", r#"(export "account" (func)) (export "order" (func (param "id" u32)))"#);
    let found: Vec<_> = report.refusals.iter().map(|refusal| refusal.found.as_str()).collect();
    let no_guest = "no export ringfence:strategy/guest";
    assert_eq!(
        found,
        [
            "ringfence:strategy/view@0.1.0#account: func()",
            "ringfence:strategy/view@0.1.0#order: func(id: u32)",
            no_guest
        ]
    );
    assert_eq!(report.refusals[0].code.code(), "E-IMPORT");
    assert!(report.refusals[0].expected.starts_with("func() -> record{cash: record{lo: u64"), "{report:#?}");
    assert!(report.refusals[1].expected.starts_with("func(id: u64) -> option<"), "{report:#?}");
    // The right type passes, whatever its parts are called.
    let level = r#"(type (record (field "price" s64) (field "qty" s64))) (export "l" (type $l (eq 0)))
        (type $side (enum "buy" "sell")) (export "s" (type $s (eq $side)))
        (export "depth" (func (param "i" u32) (param "side" $s) (param "levels" u8) (result (list $l))))"#;
    let report = importing("view", level);
    assert_eq!(report.refusals.iter().map(|refusal| refusal.found.as_str()).collect::<Vec<_>>(), [no_guest]);
}

#[test]
fn h06_a_resource_in_our_interface_is_no_type_of_ours() {
    let report = importing("types", r#"(export "socket" (type (sub resource)))"#);
    assert_eq!(report.refusals[0].found, "ringfence:strategy/types@0.1.0#socket");
}

#[test]
fn h06_another_interface_version() {
    let text = r#"(component
        (import "ringfence:strategy/view@0.2.0" (instance))
        (component $c) (instance $i (instantiate $c))
        (export "ringfence:strategy/guest@0.2.0" (instance $i)))"#;
    let report = report(&wat(text));
    let version = report.refusals.iter().find(|refusal| refusal.code.code() == "E-WIT-VERSION").expect("refused");
    assert_eq!(version.found, "ringfence:strategy/view@0.2.0, ringfence:strategy/guest@0.2.0");
    assert_eq!(version.expected, "ringfence:strategy@0.1.0");
}

/// A component around a module that needs a proposal: refused by the proposal's name.
#[track_caller]
fn banned(module: &str, proposal: &str) {
    refused(&wat(&format!("(component (core module {module}))")), "E-PROPOSAL", proposal);
}

#[test]
fn h07_banned_proposals_in_modules() {
    banned("(memory 1 1 shared)", "threads");
    banned("(memory i64 1)", "memory64");
    banned("(memory 1) (memory 1)", "multi-memory");
    banned("(memory 1 (pagesize 1))", "custom-page-sizes");
    banned("(type (struct (field i32)))", "gc");
    banned("(table 1 externref)", "gc-types");
    banned("(func (param (ref func)))", "function-references");
    banned("(tag)", "exceptions");
    banned("(func (block $l (try_table (catch_all $l))))", "exceptions");
    // Opcode 0x06 `try` of the old exception handling has no text form any more.
    let old = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x08\x01\x06\0\x06\x40\x19\x0b\x0b";
    let size = u8::try_from(old.len()).expect("small");
    let component: Vec<u8> =
        b"\0asm\x0d\0\x01\0\x01".iter().copied().chain([size]).chain(old.iter().copied()).collect();
    refused(&component, "E-PROPOSAL", "legacy-exceptions");
    banned("(func $f (return_call $f))", "tail-call");
    banned("(func (result v128) (v128.const i64x2 0 0))", "simd");
    banned(
        "(func (param v128 v128 v128) (result v128)
            (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))",
        "relaxed-simd",
    );
    banned(
        "(func (param i64 i64 i64 i64) (result i64 i64)
            (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))",
        "wide-arithmetic",
    );
    banned("(type $f (func)) (type $k (cont $f))", "stack-switching");
}

#[test]
fn h07_banned_proposals_of_the_component_model() {
    refused(&wat("(component (type (future u32)))"), "E-PROPOSAL", "component-model-async");
    refused(&wat("(component (type (func async)))"), "E-PROPOSAL", "component-model-async");
    refused(&wat("(component (core func (canon error-context.drop)))"), "E-PROPOSAL", "component-model-error-context");
    refused(&wat("(component (type (list u32 4)))"), "E-PROPOSAL", "component-model-fixed-length-lists");
    refused(&wat("(component (import \"a\" (value string)))"), "E-PROPOSAL", "component-model-values");
}

#[test]
fn h09_instance_bomb() {
    // 24 levels, each of which instantiates the one below twice: 16 million instances in less than 2 KB.
    let mut text = String::from("(component $c0 (core module $m) (core instance (instantiate $m)))");
    for level in 1..=24 {
        let below = level - 1;
        text.push_str(&format!(
            "(component $c{level} (alias outer 1 $c{below} (component $b))
                (instance (instantiate $b)) (instance (instantiate $b)))"
        ));
    }
    let bomb = wat(&format!("(component {text} (instance (instantiate $c24)))"));
    assert!(bomb.len() < 2_000, "{}", bomb.len());
    refused(&bomb, "E-STRUCTURE", "instances 50331648");
}

/// A component with one type: `levels` instance types (or component types) within each other.
fn nested_types(levels: usize, leading: u8) -> Vec<u8> {
    let mut section = vec![1];
    for _ in 1..levels {
        section.extend([leading, 1, 1]);
    }
    section.extend([leading, 0]);
    component_of_section(7, &section)
}

/// A component of one section.
fn component_of_section(id: u8, section: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.push(id);
    let mut size = section.len();
    while size >= 0x80 {
        bytes.push((size % 0x80) as u8 | 0x80);
        size /= 0x80;
    }
    bytes.push(size as u8);
    bytes.extend(section);
    bytes
}

#[test]
fn h09_types_within_types() {
    for leading in [0x42, 0x41] {
        let bomb = nested_types(5_000, leading);
        assert!(bomb.len() < 16_000, "{}", bomb.len());
        refused(&bomb, "E-STRUCTURE", "type-depth 5000");
        refused(&nested_types(17, leading), "E-STRUCTURE", "type-depth 17");
        refused(&nested_types(16, leading), "E-EXPORT", "no export");
        refused(&nested_types(2_000_000, leading), "E-STRUCTURE", "type-depth 2000000");
    }
}

#[test]
fn h09_declarations_count_as_types() {
    let declaring = |n: usize| wat(&format!("(component (type (instance {})))", "(type bool)".repeat(n)));
    refused(&declaring(10_000), "E-STRUCTURE", "types 10001");
    refused(&declaring(9_999), "E-EXPORT", "no export");
}

#[test]
fn h09_value_types_in_a_long_chain() {
    // Each holds the one before: the validator bounds these by itself.
    let chain: String = (1..9_000).map(|n| format!("(type (record (field \"a\" {})))", n - 1)).collect();
    refused(
        &wat(&format!("(component (type (record (field \"a\" bool))) {chain})")),
        "E-PARSE",
        "type nesting is too deep",
    );
}

#[test]
fn h09_many_locals_functions_and_parameters() {
    let module = |body: &str| wat(&format!("(component (core module {body}))"));
    let locals = |n: usize| module(&format!("(func (local {}))", "i64 ".repeat(n)));
    refused(&locals(2_001), "E-STRUCTURE", "function-locals 2001");
    assert_eq!(report(&locals(2_000)).refusals[0].code.code(), "E-EXPORT", "at the limit it passes on");
    refused(&module(&format!("(type (func (param {})))", "i32 ".repeat(101))), "E-STRUCTURE", "signature 101");
    refused(&module(&"(func)".repeat(20_001)), "E-STRUCTURE", "functions 20001");
}

#[test]
fn h12_huge_initial_sizes() {
    let module = |body: &str| wat(&format!("(component (core module {body}))"));
    refused(&module("(memory 65536)"), "E-STRUCTURE", "memory-bytes 4294967296");
    refused(&module("(table 10000000 funcref)"), "E-STRUCTURE", "table-elements 10000000");
    let many = "(core module (memory 0))".repeat(5);
    refused(&wat(&format!("(component {many})")), "E-STRUCTURE", "memories 5");
}

#[test]
fn h12_initial_memory_above_the_strategys_own_limit() {
    let guest = Guest { memory: "17".to_owned(), ..Guest::on_event("") };
    let refusals = load(&guest.component(), slot("one MiB")).expect_err("17 pages");
    assert_eq!(refusals[0].to_string().split(';').next(), Some("E-STRUCTURE: memory-bytes 1114112"));
    assert_eq!(refusals[0].expected, "at most 1048576");
}

#[test]
fn h14_segment_and_section_flood() {
    let module = |body: &str| wat(&format!("(component (core module {body}))"));
    let data = "(data (i32.const 0) \"\")".repeat(4_097);
    refused(&module(&format!("(memory 1) {data}")), "E-STRUCTURE", "data-segments 4097");
    let elements = "(elem (i32.const 0))".repeat(1_025);
    refused(&module(&format!("(table 1 funcref) {elements}")), "E-STRUCTURE", "element-segments 1025");
    refused(&module(&format!("(func (export \"{}\"))", "n".repeat(1_025))), "E-STRUCTURE", "name-bytes 1025");
    let custom = format!("(@custom \"c\" \"{}\")", "x".repeat(512 << 10));
    refused(&module(&custom), "E-STRUCTURE", "custom-bytes 524289");
}

#[test]
fn h17_precompiled_blob() {
    refused(b"\x7fELF\x02\x01\x01\0rest of an object file", "E-PRECOMPILED", "machine code");
    // What the engine itself makes is refused too, whatever the file is called.
    let cache = tempfile::tempdir().expect("a folder");
    let options = ringfence_sandbox::Options { cache: Some(cache.path().join("c")), ..Default::default() };
    let mut sandbox = ringfence_sandbox::Sandbox::new(options).expect("an engine");
    let good = Guest::on_event("").component();
    let config = super::rig::config(vec![slot("a")]);
    sandbox.load(ringfence_core::ids::StrategyId(1), &config, super::rig::bytes(&good)).expect("good");
    let entries = fs::read_dir(cache.path().join("c")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let entry = entries.filter(|path| path.extension().is_some_and(|e| e == "code")).last().expect("one entry");
    let code = fs::read(entry).expect("read");
    refused(&code[48..], "E-PRECOMPILED", "machine code");
    refused(&code, "E-PARSE", "offset 0");
}

#[test]
fn h18_the_bytes_that_were_hashed_are_the_bytes_that_are_judged() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let good = Guest::on_event("").component();
    fs::write(file.path(), &good).expect("written");
    let bytes = ComponentBytes::read(file.path(), COMPONENT_BYTES_MAX).expect("read");
    fs::write(file.path(), b"replaced").expect("written");
    assert_eq!(bytes.bytes(), good);
    let pinned = Rules { pin: Some(bytes.sha256()), ..Rules::default() };
    assert!(ringfence_sandbox::admit(bytes, &pinned).is_ok());
    let report = check(file.path(), &pinned);
    assert_eq!(report.refusals[0].code.code(), "E-PIN");
}

#[test]
fn h19_odd_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = |path: &Path| check(path, &Rules::default()).refusals[0].code.code();
    assert_eq!(code(folder.path()), "E-NOT-REGULAR");
    assert_eq!(code(Path::new("/dev/zero")), "E-NOT-REGULAR");
    assert_eq!(code(&folder.path().join("absent.wasm")), "E-READ");

    let good = folder.path().join("good.wasm");
    fs::write(&good, Guest::on_event("").component()).expect("written");
    let link = folder.path().join("link.wasm");
    std::os::unix::fs::symlink(&good, &link).expect("linked");
    assert_eq!(code(&link), "E-NOT-REGULAR");
    let dangling = folder.path().join("dangling.wasm");
    std::os::unix::fs::symlink("/proc/self/mem", &dangling).expect("linked");
    assert_eq!(code(&dangling), "E-NOT-REGULAR");

    // A pipe without a writer would block an ordinary open for ever.
    let pipe = folder.path().join("pipe.wasm");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    assert_eq!(code(&pipe), "E-NOT-REGULAR");
    let socket = folder.path().join("socket.wasm");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("bound");
    assert_eq!(code(&socket), "E-NOT-REGULAR");
}

#[test]
fn text_format_is_not_taken_for_a_component() {
    refused(b"(component)", "E-PARSE", "offset 0");
    assert_eq!(report(&encode(&Guest::on_event("").module())).refusals, []);
}
