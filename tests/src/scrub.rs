//! Expected texts: how does output look without what differs from machine to machine?
//!
//! In: text and the folders of this machine. Out: the text with `<folder>`, `<data>` and `<workspace>` for them. Must
//! never: hide anything else; a number that varies between runs is a fault of the output or of the test.

use std::path::Path;

use crate::{data, workspace};

/// Replaces paths by names, longest path first.
#[derive(Debug, Default)]
pub struct Scrubber {
    names: Vec<(String, String)>,
}

impl Scrubber {
    /// Knows the folder of a run as `<folder>`, the data folder and the workspace.
    #[must_use]
    pub fn for_folder(folder: &Path) -> Scrubber {
        Scrubber::default()
            .name(folder, "<folder>")
            .name(&data::folder(), "<data>")
            .name(&workspace::root(), "<workspace>")
    }

    /// Knows `path` and its form without links and `..` as `name`.
    #[must_use]
    pub fn name(mut self, path: &Path, name: &str) -> Scrubber {
        let mut forms = vec![path.to_path_buf()];
        forms.extend(path.canonicalize());
        self.names.extend(forms.iter().map(|form| (form.display().to_string(), name.to_owned())));
        self.names.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        self.names.dedup();
        self
    }

    /// The text with every known path replaced.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (path, name)| text.replace(path, name))
    }
}
