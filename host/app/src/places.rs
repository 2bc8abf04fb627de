//! Places: where on this machine does the program keep things?
//!
//! In: the environment. Out: folders. Must never: create one.

use std::path::PathBuf;

use crate::secrets::Environment;

/// Folder of the machine-code cache: `$RINGFENCE_CACHE`, else `ringfence` in the user's cache folder; `None` when the
/// environment names neither, and then every start compiles.
#[must_use]
pub fn cache(environment: &Environment<'_>) -> Option<PathBuf> {
    if let Some(folder) = environment("RINGFENCE_CACHE").filter(|folder| !folder.is_empty()) {
        return Some(PathBuf::from(folder));
    }
    let user = environment("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let user = user.or_else(|| environment("HOME").map(|home| PathBuf::from(home).join(".cache")));
    user.filter(|folder| folder.is_absolute()).map(|folder| folder.join("ringfence"))
}

/// Folder of what is remembered between runs: `$RINGFENCE_STATE`, else `ringfence` in the user's folder of state; `None` when
/// the environment names neither, and then nothing is remembered.
#[must_use]
pub fn state(environment: &Environment<'_>) -> Option<PathBuf> {
    if let Some(folder) = environment("RINGFENCE_STATE").filter(|folder| !folder.is_empty()) {
        return Some(PathBuf::from(folder));
    }
    let user = environment("XDG_STATE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let user = user.or_else(|| environment("HOME").map(|home| PathBuf::from(home).join(".local/state")));
    user.filter(|folder| folder.is_absolute()).map(|folder| folder.join("ringfence"))
}

/// Folder of real market data, where `$RINGFENCE_DATA` names one.
#[must_use]
pub fn data(environment: &Environment<'_>) -> Option<PathBuf> {
    environment("RINGFENCE_DATA").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(variables: &[(&str, &str)]) -> String {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        cache(&find).map_or("none".to_owned(), |folder| folder.display().to_string())
    }

    #[test]
    fn the_cache_is_where_the_most_particular_variable_says() {
        assert_eq!(shown(&[("RINGFENCE_CACHE", "here"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]), "here");
        assert_eq!(shown(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")]), "/x/ringfence");
        assert_eq!(shown(&[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")]), "/h/.cache/ringfence");
        assert_eq!(shown(&[("HOME", "")]), "none");
        assert_eq!(shown(&[]), "none");
    }
}
