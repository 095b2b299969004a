//! As many parameters of the path as a route takes, and an argument for each.

#![deny(warnings)]

use outflow::{Controller as _, action, controller};
use outflow_ui_tests::run;

struct Wide;

#[controller]
impl Wide {
    #[action(
        path = "/{p0}/{p1}/{p2}/{p3}/{p4}/{p5}/{p6}/{p7}/{p8}/{p9}/{p10}/{p11}/{p12}/{p13}/{p14}/{p15}/{p16}/{p17}/{p18}/{p19}/{p20}/{p21}/{p22}/{p23}/{p24}/{*rest}"
    )]
    #[allow(clippy::too_many_arguments)]
    async fn all(
        &self,
        p0: u8,
        p1: u8,
        p2: u8,
        p3: u8,
        p4: u8,
        p5: u8,
        p6: u8,
        p7: u8,
        p8: u8,
        p9: u8,
        p10: u8,
        p11: u8,
        p12: u8,
        p13: u8,
        p14: u8,
        p15: u8,
        p16: u8,
        p17: u8,
        p18: u8,
        p19: u8,
        p20: u8,
        p21: u8,
        p22: u8,
        p23: u8,
        p24: u8,
        rest: String,
    ) {
        for parameter in [p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15, p16, p17, p18, p19, p20, p21, p22, p23, p24] {
            self.stream(parameter);
        }
        self.stream(rest);
    }
}

fn main() {
    let generator = Wide.all(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, "the/rest".to_owned());
    let (packets, ()) = run(generator);
    assert_eq!(packets.len(), 26);
    assert_eq!(packets[24..], ["24", "\"the/rest\""]);
    let _: axum::Router = Wide.into_router();
}
