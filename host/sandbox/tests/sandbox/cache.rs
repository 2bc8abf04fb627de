//! The machine-code cache: a second start does not compile, and nothing but this host's own files is ever loaded.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ringfence_core::ids::StrategyId;
use ringfence_sandbox::{Alarm, CacheAlarm, CodeSource, Loaded, Options, Sandbox};

use super::guest::{Guest, submit};
use super::rig::{bytes, config, slot};

/// One start of a host with this cache folder.
#[track_caller]
fn start(cache: &Path) -> Loaded {
    let options = Options { cache: Some(cache.to_owned()), ..Options::default() };
    let mut sandbox = Sandbox::new(options).expect("an engine");
    let component = Guest::on_event(&submit(0, 1)).component();
    sandbox.load(StrategyId(1), &config(vec![slot("a")]), bytes(&component)).expect("a good component")
}

/// The only entry of a cache.
#[track_caller]
fn entry(cache: &Path) -> PathBuf {
    let names = fs::read_dir(cache).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut entries = names.filter(|path| path.extension().is_some_and(|extension| extension == "code"));
    let found = entries.next().expect("one entry");
    assert_eq!(entries.next(), None, "one component, one entry");
    found
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let outer = tempfile::tempdir().expect("a folder");
    let cache = outer.path().join("cache");
    (outer, cache)
}

#[test]
fn a_second_start_does_not_compile() {
    let (_outer, cache) = folder();
    let first = start(&cache);
    assert_eq!((first.source, first.alarms), (CodeSource::Compiled, Vec::new()));
    let written = fs::metadata(entry(&cache)).expect("an entry").ino();
    let second = start(&cache);
    assert_eq!((second.source, second.alarms), (CodeSource::Cache, Vec::new()));
    assert_eq!(fs::metadata(entry(&cache)).expect("an entry").ino(), written, "nothing was written again");
    assert_eq!(first.plan, second.plan);
}

#[test]
fn folder_key_and_entries_are_for_their_owner_alone() {
    let (_outer, cache) = folder();
    start(&cache);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&cache), 0o700);
    assert_eq!(mode(&cache.join("key")), 0o600);
    assert_eq!(mode(&entry(&cache)), 0o600);
    let left: Vec<_> =
        fs::read_dir(&cache).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left.len(), 2, "no drafts are left: {left:?}");
}

/// Changes the entry and starts: it is compiled again with an alarm, and the start after that uses the new entry.
#[track_caller]
fn check_changed(change: impl FnOnce(&Path, Vec<u8>)) {
    let (_outer, cache) = folder();
    start(&cache);
    let path = entry(&cache);
    change(&path, fs::read(&path).expect("an entry"));
    let again = start(&cache);
    assert_eq!((again.source, again.alarms), (CodeSource::Compiled, vec![Alarm::Cache(CacheAlarm::Changed(path))]));
    assert_eq!(start(&cache).source, CodeSource::Cache, "the entry was written anew");
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("written");
}

#[test]
fn a_changed_entry_is_compiled_again_with_an_alarm() {
    check_changed(|path, mut bytes| {
        *bytes.last_mut().expect("not empty") ^= 1;
        write(path, &bytes);
    });
    check_changed(|path, mut bytes| {
        bytes[20] ^= 0x80;
        write(path, &bytes);
    });
}

#[test]
fn a_cut_off_entry_is_compiled_again_with_an_alarm() {
    check_changed(|path, bytes| write(path, &bytes[..bytes.len() - 1]));
    check_changed(|path, bytes| write(path, &bytes[..40]));
    check_changed(|path, _| write(path, b""));
}

#[test]
fn an_entry_of_another_host_is_compiled_again_with_an_alarm() {
    let (_other_outer, other) = folder();
    start(&other);
    let foreign = fs::read(entry(&other)).expect("an entry");
    check_changed(|path, _| write(path, &foreign));
}

#[test]
fn a_link_in_place_of_an_entry_is_not_followed() {
    check_changed(|path, bytes| {
        let aside = path.with_extension("aside");
        write(&aside, &bytes);
        fs::remove_file(path).expect("removed");
        std::os::unix::fs::symlink(aside, path).expect("linked");
    });
}

#[test]
fn a_folder_in_place_of_an_entry_is_an_alarm_and_no_refusal() {
    let (_outer, cache) = folder();
    start(&cache);
    let path = entry(&cache);
    let aside = path.with_extension("aside");
    fs::rename(&path, &aside).expect("renamed");
    // A folder in its place: what lies there is no entry, and cannot be replaced by one.
    fs::create_dir(&path).expect("made");
    let again = start(&cache);
    assert_eq!(again.source, CodeSource::Compiled);
    let [Alarm::Cache(CacheAlarm::Changed(changed)), Alarm::Cache(CacheAlarm::NotWritten(unwritten, _))] =
        &again.alarms[..]
    else {
        panic!("{:?}", again.alarms)
    };
    assert_eq!((changed, unwritten), (&path, &path));
}

/// Names in a cache folder that end or begin so.
fn count(cache: &Path, part: &str) -> usize {
    let names = fs::read_dir(cache).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    names.filter(|name| name.to_str().is_some_and(|name| name.contains(part))).count()
}

fn set_age(path: &Path, seconds: u64) {
    let file = fs::File::options().write(true).open(path).expect("a file");
    let now = file.metadata().and_then(|metadata| metadata.modified()).expect("a time");
    file.set_modified(now - Duration::from_secs(seconds)).expect("set");
}

#[test]
fn the_oldest_entries_go_when_there_are_too_many() {
    let (_outer, cache) = folder();
    start(&cache);
    let first = entry(&cache);
    for n in 0..255_u64 {
        let path = cache.join(format!("{n:064x}.code"));
        write(&path, b"old");
        set_age(&path, 10_000 - n);
    }
    assert_eq!(count(&cache, ".code"), 256);
    fs::remove_file(&first).expect("removed");
    start(&cache);
    assert_eq!(count(&cache, ".code"), 256, "at the cap nothing goes");
    fs::rename(&first, cache.join("x.code")).expect("renamed");
    start(&cache);
    assert_eq!(count(&cache, ".code"), 256);
    assert!(first.exists() && !cache.join(format!("{:064x}.code", 0)).exists(), "the oldest went");
    assert!(cache.join(format!("{:064x}.code", 1)).exists());
}

#[test]
fn drafts_that_nobody_writes_any_more_are_removed() {
    let (_outer, cache) = folder();
    start(&cache);
    for (name, age) in [("old", 3_700), ("new", 60)] {
        let path = cache.join(format!(".draft-{name}"));
        write(&path, b"half");
        set_age(&path, age);
    }
    start(&cache);
    assert!(!cache.join(".draft-old").exists() && cache.join(".draft-new").exists());
}

#[test]
fn a_folder_or_key_that_others_can_open_is_not_used() {
    for name in ["", "key"] {
        let (_outer, cache) = folder();
        start(&cache);
        fs::set_permissions(cache.join(name), fs::Permissions::from_mode(0o755)).expect("set");
        let again = start(&cache);
        assert_eq!(again.source, CodeSource::Compiled);
        assert!(matches!(&again.alarms[..], [Alarm::Cache(CacheAlarm::Unusable(..))]), "{:?}", again.alarms);
    }
}
