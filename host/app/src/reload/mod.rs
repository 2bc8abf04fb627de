//! Reload: what is done when a strategy's file, or the configuration, changes while a session runs?
//!
//! In: files, the configuration that the session began with. Out: orders to the session: another component, other parameters.
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
use ringfence_sandbox::{ComponentBytes, Place, Refusal, Rules, Workshop};
use ringfence_session::script::Fact;

use self::watch::Watch;

/// Parameters in order.
type Params = Vec<(String, String)>;

/// One strategy, as it is reloaded.
struct Ward {
    strategy: StrategyId,
    path: PathBuf,
    /// The last component that was read, whatever became of it.
    seen: Option<Sha256Hash>,
    /// The last one that was sent.
    sent: Sha256Hash,
    params: Params,
}

/// Reads the configuration once more: what the core knows of it, and the files of its components.
pub(crate) type ReadAgain = dyn Fn() -> Result<(Config, Vec<PathBuf>), String> + Send;

/// Says something to people.
pub(crate) type Say = Box<dyn Fn(&str) + Send>;

/// What the reloader is told and told to do.
pub(crate) struct Task {
    /// Makes components ready.
    pub(crate) workshop: Workshop,
    /// The configuration in force.
    pub(crate) config: Config,
    /// The file of each component, in order of strategy id, and its hash.
    pub(crate) components: Vec<(PathBuf, Sha256Hash)>,
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
/// Shortest time between two rounds.
const PAUSE: Duration = Duration::from_secs(1);

impl Reloader {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system gives no watch or no thread.
    pub(crate) fn start(task: Task) -> Result<Reloader, String> {
        let is_watching = task.when.occasion == Occasion::Written;
        let files = task.components.iter().map(|(path, _)| path.clone()).chain([task.file.clone()]);
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

/// What is known between two looks.
struct Round {
    task: Task,
    wards: Vec<Ward>,
}

impl Round {
    fn new(mut task: Task) -> Round {
        let components = std::mem::take(&mut task.components);
        let wards = components.into_iter().zip(&task.config.strategies).zip(1..);
        let wards = wards.map(|(((path, hash), slot), id)| Ward {
            strategy: StrategyId(id),
            path,
            seen: Some(hash),
            sent: hash,
            params: slot.params.clone(),
        });
        Round { wards: wards.collect(), task }
    }

    /// Everything that can be read again.
    fn files(&self) -> Vec<PathBuf> {
        self.wards.iter().map(|ward| ward.path.clone()).chain([self.task.file.clone()]).collect()
    }

    /// Components whose file was touched and holds other bytes.
    fn read_components(&mut self, changed: &[PathBuf]) {
        let Round { task, wards } = self;
        for ward in wards.iter_mut().filter(|ward| changed.contains(&ward.path)) {
            let name = task.config.strategy(ward.strategy).map_or("", |slot| slot.name.as_str());
            match read_component(task, ward) {
                Ok(()) => {}
                Err(why) => (task.say)(&format!("strategy {name} goes on as it was: {why}")),
            }
        }
    }

    /// Parameters that changed, and files that are to be watched from now on.
    fn read_configuration(&mut self) -> Vec<PathBuf> {
        let (config, components) = match (self.task.read)() {
            Ok(read) => read,
            Err(why) => {
                (self.task.say)(&format!("the configuration stays as it was: {why}"));
                return Vec::new();
            }
        };
        if !differs_in_parameters_alone(&self.task.config, &config) {
            (self.task.say)("the configuration changed in more than parameters: start the session again for that");
            return Vec::new();
        }
        let mut fresh = Vec::new();
        for ((ward, slot), path) in self.wards.iter_mut().zip(&config.strategies).zip(components) {
            if ward.params != slot.params {
                ward.params.clone_from(&slot.params);
                let (strategy, params) = (ward.strategy, Some(ward.params.as_slice()));
                let place = Place { strategy, config: &self.task.config, params };
                // What it refuses, the session will be told again: parameters that are asked for are recorded.
                let _refused = self.task.workshop.make_instance_ready(place, &ward.sent);
                let fact = Fact::Parameters(ward.strategy, encode_params(&slot.params));
                let _ended = self.task.orders.send(fact);
            }
            if ward.path != path {
                ward.path.clone_from(&path);
                fresh.push(path);
            }
        }
        fresh
    }
}

/// Makes a component ready and sends it, when its file holds another than before.
fn read_component(task: &Task, ward: &mut Ward) -> Result<(), String> {
    // A file that was taken away may come back in a moment.
    if !ward.path.exists() {
        return Ok(());
    }
    let slot = task.config.strategy(ward.strategy).ok_or("the configuration does not know it")?;
    let bytes =
        ComponentBytes::read(&ward.path, Rules::of(slot.profile).size_max).map_err(|refusal| refusal.to_string())?;
    let hash = bytes.sha256();
    if ward.seen.replace(hash) == Some(hash) {
        return Ok(());
    }
    let copy = bytes.bytes().to_vec();
    let place = Place { strategy: ward.strategy, config: &task.config, params: Some(&ward.params) };
    let (hash, alarms) = task.workshop.make_ready(place, bytes).map_err(|refusals| joined(&refusals))?;
    ward.sent = hash;
    alarms.iter().for_each(|alarm| (task.say)(&format!("warning: {alarm}")));
    task.orders.send(Fact::Swap(ward.strategy, hash, copy)).map_err(|_| "the session is over".to_owned())
}

fn joined(refusals: &[Refusal]) -> String {
    refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
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
