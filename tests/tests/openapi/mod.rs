//! `controller.openapi()`: what a controller says about itself, and whether what it sends agrees.

mod document;
mod example;
mod joined;
