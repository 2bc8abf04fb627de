//! Reload: what is done when a strategy's file, or the configuration, changes while a session runs?
//!
//! In: files with their signatures, the configuration that the session began with. Out: orders to the session: another component, other parameters.
//! Must never: run on the session's thread, give it anything that was not admitted, compiled and set up, or take a file that
//! is half written for a whole one.

mod watch;

use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, atomic};
use std::thread;
use std::time::Duration;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::{Config, encode_params};
use ringfence_core::ids::StrategyId;
use ringfence_sandbox::{AdmissionCode, ComponentBytes, Place, Refusal, Rules, Trust, Workshop, signature_text};
use ringfence_session::script::Fact;

use self::watch::Watch;
use crate::versions::{self, Downgrade};

/// Parameters in order.
type Params = Vec<(String, String)>;

/// Files of one strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    /// Its component.
    pub(crate) component: PathBuf,
    /// The signature of that; `None` = none is looked at.
    pub(crate) signature: Option<PathBuf>,
}

/// One strategy, as it is reloaded.
struct Ward {
    strategy: StrategyId,
    files: Files,
    /// What is believed of its components; `None` = whatever is there.
    trust: Option<Trust>,
    looked: Looked,
    /// The last component that was sent.
    sent: Sha256Hash,
    params: Params,
}

/// What lay in the files when they were looked at last.
struct Looked {
    component: Sha256Hash,
    signature: Option<Vec<u8>>,
    /// False = it was refused; another signature may change that.
    is_taken: bool,
}

/// Reads the configuration once more: what the core knows of it, and the files of its components.
pub(crate) type ReadAgain = dyn Fn() -> Result<(Config, Vec<Files>), String> + Send;

/// Says something to people.
pub(crate) type Say = Box<dyn Fn(&str) + Send>;

/// What the reloader is told and told to do.
pub(crate) struct Task {
    /// Makes components ready.
    pub(crate) workshop: Workshop,
    /// The configuration in force.
    pub(crate) config: Config,
    /// The files of each component, in order of strategy id, and its hash.
    pub(crate) components: Vec<(Files, Sha256Hash)>,
    /// What is believed of each, in the same order; empty where the configuration does not say whom to trust.
    pub(crate) trust: Vec<Trust>,
    /// Whether an older version than one that ran here may be taken.
    pub(crate) downgrade: Downgrade,
    /// The configuration file, and how it is read again.
    pub(crate) file: PathBuf,
    /// Reads it.
    pub(crate) read: Box<ReadAgain>,
    /// Where orders go.
    pub(crate) orders: Sender<Fact>,
    /// Says what is refused, and why.
    pub(crate) say: Say,
    /// When files are looked at.
    pub(crate) when: When,
}

/// When files are looked at.
#[derive(Clone, Debug)]
pub(crate) struct When {
    /// Somebody wants them to be looked at now.
    pub(crate) asked: Arc<atomic::AtomicBool>,
    /// Whenever they are written, too.
    pub(crate) occasion: Occasion,
}

impl When {
    /// Whenever they are written, and never else.
    pub(crate) fn written() -> When {
        When { asked: Arc::default(), occasion: Occasion::Written }
    }
}

/// Whether files are looked at of one's own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Whenever they are written.
    Written,
    /// Only when somebody asks.
    Asked,
}

/// Reloads until it is dropped.
pub(crate) struct Reloader {
    is_over: Arc<atomic::AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Shortest time between two reloads of one file: editors and compilers write more than once.
const QUIET: Duration = Duration::from_millis(200);
/// Longest text about what was refused.
const REFUSED_BYTES_MAX: usize = 4096;
/// Shortest time between two rounds.
const PAUSE: Duration = Duration::from_secs(1);

impl Reloader {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system gives no watch or no thread.
    pub(crate) fn start(task: Task) -> Result<Reloader, String> {
        let is_watching = task.when.occasion == Occasion::Written;
        let files = task.components.iter().flat_map(|(files, _)| files.paths()).chain([task.file.clone()]);
        let watch = Watch::new(files.filter(|_| is_watching))?;
        let is_over = Arc::new(atomic::AtomicBool::new(false));
        let flag = Arc::clone(&is_over);
        let thread = thread::Builder::new().name("reload".to_owned()).spawn(move || work(&flag, watch, task));
        Ok(Reloader { is_over, thread: Some(thread.map_err(|error| format!("no thread: {error}"))?) })
    }
}

impl Drop for Reloader {
    fn drop(&mut self) {
        self.is_over.store(true, atomic::Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _panicked = thread.join();
        }
    }
}

fn work(is_over: &atomic::AtomicBool, mut watch: Watch, task: Task) {
    let mut round = Round::new(task);
    while !is_over.load(atomic::Ordering::Relaxed) {
        let mut changed = watch.changed(QUIET);
        if round.task.when.asked.swap(false, atomic::Ordering::Relaxed) {
            changed = round.files();
        }
        if changed.is_empty() {
            continue;
        }
        if changed.contains(&round.task.file) {
            for path in round.read_configuration() {
                if let (Occasion::Written, Err(error)) = (round.task.when.occasion, watch.add(&path)) {
                    (round.task.say)(&error);
                }
                // Another file is another component, whether or not it was written just now.
                changed.push(path);
            }
        }
        round.read_components(&changed);
        if !is_over.load(atomic::Ordering::Relaxed) {
            thread::park_timeout(PAUSE);
        }
    }
}

impl Task {
    /// Has the session record what was refused, and why; strategy 0 = a configuration.
    fn record(&self, strategy: StrategyId, why: &str) {
        let end = why.floor_char_boundary(REFUSED_BYTES_MAX);
        // A session that is over records nothing more.
        let _over = self.orders.send(Fact::Refused(strategy, why.as_bytes()[..end].to_vec()));
    }
}

/// What is known between two looks.
struct Round {
    task: Task,
    wards: Vec<Ward>,
}

impl Round {
    fn new(mut task: Task) -> Round {
        let components = std::mem::take(&mut task.components);
        let mut trust = std::mem::take(&mut task.trust).into_iter();
        let wards = components.into_iter().zip(&task.config.strategies).zip(1..);
        let wards = wards.map(|(((files, hash), slot), id)| Ward {
            strategy: StrategyId(id),
            files,
            trust: trust.next(),
            looked: Looked { component: hash, signature: None, is_taken: true },
            sent: hash,
            params: slot.params.clone(),
        });
        Round { wards: wards.collect(), task }
    }

    /// Everything that can be read again.
    fn files(&self) -> Vec<PathBuf> {
        self.wards.iter().flat_map(|ward| ward.files.paths()).chain([self.task.file.clone()]).collect()
    }

    /// Components whose file, or whose signature, was touched and holds other bytes.
    fn read_components(&mut self, changed: &[PathBuf]) {
        let Round { task, wards } = self;
        for ward in wards.iter_mut().filter(|ward| ward.files.paths().any(|path| changed.contains(&path))) {
            let name = task.config.strategy(ward.strategy).map_or("", |slot| slot.name.as_str());
            match read_component(task, ward) {
                Ok(()) => {}
                Err(why) => {
                    (task.say)(&format!("strategy {name} goes on as it was: {why}"));
                    task.record(ward.strategy, &why);
                }
            }
        }
    }

    /// Parameters that changed, and files that are to be watched from now on.
    fn read_configuration(&mut self) -> Vec<PathBuf> {
        let (config, components) = match (self.task.read)() {
            Ok(read) => read,
            Err(why) => {
                (self.task.say)(&format!("the configuration stays as it was: {why}"));
                self.task.record(StrategyId(0), &why);
                return Vec::new();
            }
        };
        if !differs_in_parameters_alone(&self.task.config, &config) {
            let why = "the configuration changed in more than parameters: start the session again for that";
            (self.task.say)(why);
            self.task.record(StrategyId(0), why);
            return Vec::new();
        }
        let mut fresh = Vec::new();
        for ((ward, slot), files) in self.wards.iter_mut().zip(&config.strategies).zip(components) {
            if ward.params != slot.params {
                ward.params.clone_from(&slot.params);
                let (strategy, params) = (ward.strategy, Some(ward.params.as_slice()));
                let place = Place { strategy, config: &self.task.config, params };
                // What it refuses, the session will be told again: parameters that are asked for are recorded.
                let _refused = self.task.workshop.make_instance_ready(place, &ward.sent);
                let fact = Fact::Parameters(ward.strategy, encode_params(&slot.params));
                let _ended = self.task.orders.send(fact);
            }
            if ward.files != files {
                fresh.extend(files.paths());
                ward.files = files;
            }
        }
        fresh
    }
}

/// Makes a component ready and sends it, when its file holds another than before.
fn read_component(task: &Task, ward: &mut Ward) -> Result<(), String> {
    // A file that was taken away may come back in a moment. A link to nothing was put there.
    if ward.files.component.symlink_metadata().is_err() {
        return Ok(());
    }
    let slot = task.config.strategy(ward.strategy).ok_or("the configuration does not know it")?;
    let read = ComponentBytes::read(&ward.files.component, Rules::of(slot.profile).size_max);
    let bytes = read.map_err(|refusal| refusal.to_string())?;
    let signature = ward.signature().map_err(|refusal| ward.told(&[refusal]))?;
    if !ward.looked.is_other(&bytes, signature.as_deref()) {
        return Ok(());
    }
    ward.looked = Looked { component: bytes.sha256(), signature: signature.clone(), is_taken: false };
    let trust = ward.trust_now(signature, task.downgrade)?;
    let copy = bytes.bytes().to_vec();
    let place = Place { strategy: ward.strategy, config: &task.config, params: Some(&ward.params) };
    let ready = task.workshop.make_ready(place, bytes, trust.as_ref()).map_err(|refusals| ward.told(&refusals))?;
    versions::remember(ready.manifest.iter()).map_err(|failure| failure.to_string())?;
    (ward.looked.is_taken, ward.sent) = (true, ready.sha256);
    ready.alarms.iter().for_each(|alarm| (task.say)(&format!("warning: {alarm}")));
    task.orders.send(Fact::Swap(ward.strategy, ready.sha256, copy)).map_err(|_| "the session is over".to_owned())
}

impl Files {
    fn paths(&self) -> impl Iterator<Item = PathBuf> {
        [Some(self.component.clone()), self.signature.clone()].into_iter().flatten()
    }
}

impl Looked {
    /// True when there is something to try: another component, or another signature of one that was refused.
    fn is_other(&self, bytes: &ComponentBytes, signature: Option<&[u8]>) -> bool {
        let is_same = self.component == bytes.sha256();
        !is_same || (!self.is_taken && self.signature.as_deref() != signature)
    }
}

impl Ward {
    fn signature(&self) -> Result<Option<Vec<u8>>, Refusal> {
        self.files.signature.as_deref().map_or(Ok(None), signature_text)
    }

    /// What is believed of a component with this signature.
    fn trust_now(&self, signature: Option<Vec<u8>>, downgrade: Downgrade) -> Result<Option<Trust>, String> {
        let Some(trust) = &self.trust else { return Ok(None) };
        let mut trust = [Trust { signature, ..trust.clone() }];
        versions::demand(&mut trust, downgrade).map_err(|failure| failure.to_string())?;
        let [trust] = trust;
        Ok(Some(trust))
    }

    /// Component and signature are two files, and one of them is written first.
    fn told(&self, refusals: &[Refusal]) -> String {
        let text = refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let is_of_signature =
            |refusal: &Refusal| matches!(refusal.code, AdmissionCode::Unsigned | AdmissionCode::Signature);
        match self.files.signature.as_deref().and_then(Path::file_name) {
            Some(name) if refusals.iter().any(is_of_signature) => {
                format!("{text}; it is tried again when {} changes", name.display())
            }
            Some(_) | None => text,
        }
    }
}

/// True when two configurations are the same but for the parameters of strategies.
fn differs_in_parameters_alone(before: &Config, after: &Config) -> bool {
    let bare = |config: &Config| {
        let mut config = config.clone();
        config.strategies.iter_mut().for_each(|slot| slot.params.clear());
        // The same once more, as text.
        config.sections.retain(|(name, _)| name != "strategies");
        config
    };
    bare(before) == bare(after)
}

/// The path as the watch names it: absolute, without looking at what it points to.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
