//! Pages in a real browser: nothing hangs over on a phone, whatever the names. Skipped visibly where there is no Chromium.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Place, flowers};

/// Measures the page and writes what it finds into the title.
const MEASURE: &str = "<script>window.onload = () => {\
    const wide = document.documentElement.clientWidth;\
    const over = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, svg, pre, .skip') && e.getBoundingClientRect().right > wide + 1);\
    const clipped = [...document.querySelectorAll('.tile')].filter(e => getComputedStyle(e).backgroundImage === 'none');\
    document.title = `MEASURED ${wide} ${document.documentElement.scrollWidth} ${over.length} ${clipped.length} ${over.slice(0, 3).map(e => e.tagName)}`;\
};</script></body>";

fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

#[test]
fn pages_fit_a_phone() {
    let Some(chromium) = chromium() else {
        eprintln!("SKIPPED: there is no Chromium on the PATH");
        return;
    };
    let place = Place::new();
    let long = "a_name_without_any_place_to_break_it_that_goes_on_and_on_and_on_and_on_and_on";
    place.file(
        "flowers.csv",
        flowers(80)
            .replace("length", long)
            .replace("rose", &long.to_uppercase()),
    );
    place.file(
        "flowers.toml",
        crate::support::FLOWERS.replace("epochs = 10", "epochs = 2"),
    );
    place.good(["train", "flowers.toml", "--quiet", "--out", "run"]);
    place.good(["report", "run", "--out", "report.html"]);
    place.good(["data", "describe", "flowers.csv", "--out", "data.html"]);
    place.good(["data", "describe", "digits", "--out", "digits.html"]);
    for page in ["report.html", "data.html", "digits.html"] {
        let html = place.read(page);
        let policy = html.find("<meta http-equiv").expect("a policy");
        let end = policy + html[policy..].find('>').expect("closed") + 1;
        let html = format!("{}{}", &html[..policy], &html[end..]).replace("</body>", MEASURE);
        let file = place.file("measured.html", html);
        let output = Command::new(&chromium)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--window-size=360,800",
                "--force-device-scale-factor=1",
                "--virtual-time-budget=5000",
                "--dump-dom",
            ])
            .arg(format!(
                "--user-data-dir={}",
                place.path("profile").display()
            ))
            .arg(format!("file://{}", file.display()))
            .output();
        let dom = match output {
            Ok(output) if output.status.success() => {
                String::from_utf8_lossy(&output.stdout).into_owned()
            }
            other => {
                eprintln!("SKIPPED: Chromium does not start here ({other:?})");
                return;
            }
        };
        let title = dom
            .split("<title>")
            .nth(1)
            .and_then(|rest| rest.split("</title>").next())
            .unwrap_or_default();
        let numbers: Vec<u32> = title
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        let [wide, scroll, over, without_picture] = numbers[..] else {
            panic!("{page} was not measured: {title}");
        };
        assert!(scroll <= wide && over == 0, "{page} hangs over: {title}");
        assert_eq!(without_picture, 0, "{page}: pictures without a picture");
    }
}
