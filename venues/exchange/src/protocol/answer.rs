//! Requests and answers: what goes over a wire, as values?
//!
//! In: what a server read. Out: what it has to write, and how. Must never: know how it is transmitted.

/// Verbs of HTTP that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Asks.
    Get,
    /// Makes.
    Post,
    /// Changes.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// Of its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Delete].into_iter().find(|method| method.name() == name)
    }

    /// As HTTP writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// Path without query, such as `/api/v3/order`.
    pub path: String,
    /// What stands behind the question mark, as it came.
    pub query: String,
    /// The body, as it came.
    pub body: String,
    /// Header `X-MBX-APIKEY`.
    pub key: Option<String>,
}

/// An HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers beside the content type, which is JSON.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// How a response is to be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// At once.
    Send,
    /// After this long.
    After(u64),
    /// Not at all: the connection is closed.
    Drop,
    /// So many bytes of the body, then the connection is closed.
    Cut(usize),
}

/// What a request leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the client is told.
    pub response: Response,
    /// How.
    pub delivery: Delivery,
}

/// A socket, as the server numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SocketId(pub u64);

/// What goes out on a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text message.
    Text(String),
    /// A ping with this payload.
    Ping(String),
    /// A close frame.
    Close,
    /// So many bytes of this text, and then the connection is gone without a word.
    Cut(String, usize),
}

/// A frame for a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Which.
    pub socket: SocketId,
    /// What.
    pub frame: Frame,
}
