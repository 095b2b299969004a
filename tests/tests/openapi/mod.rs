mod document;
mod example;
mod joined;
mod language;
mod packets;
mod shapes;
mod typescript;
mod wire;
