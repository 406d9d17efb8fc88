// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong inside `reader.toml`.

/// `reader.toml` of a set, and how a complaint about it must begin.
pub(super) const BAD_READER: [(&str, &str); 47] = [
    (
        "[facility]\nnmae = \"a\"\n",
        "reader.toml:2: facility.nmae:",
    ),
    ("[facilty]\nname = \"a\"\n", "reader.toml:1: facilty:"),
    ("colour = 1\n", "reader.toml:1: colour:"),
    ("facility = 1\n", "reader.toml:1: facility:"),
    ("[facility]\nname = 3\n", "reader.toml:2: facility.name:"),
    ("[facility]\nname = \"\"\n", "reader.toml:2: facility.name:"),
    (
        "[facility]\nname = \"a\\u0007\"\n",
        "reader.toml:2: facility.name:",
    ),
    (
        "[facility]\nname = \"ああああああああああああああああああああああああああああああああああああああああああ\"\n",
        "reader.toml:2: facility.name:",
    ),
    (
        "[facility]\nname = { a = 1 }\n",
        "reader.toml:2: facility.name:",
    ),
    ("[[facility]]\nname = \"a\"\n", "reader.toml:1: facility:"),
    ("[facility]\ntakes = []\n", "reader.toml:2: facility.takes:"),
    (
        "[facility]\ntakes = \"care\"\n",
        "reader.toml:2: facility.takes:",
    ),
    (
        "[facility]\ntakes = [\n  \"surgery\",\n  \"teeth\",\n]\n",
        "reader.toml:4: facility.takes:",
    ),
    (
        "[facility]\ntakes = [\"care\", \"medicine\"]\n",
        "reader.toml:2: facility.takes:",
    ),
    (
        "[facility]\ntakes = [\"care\", \"care\"]\n",
        "reader.toml:2: facility.takes:",
    ),
    (
        "[facility]\ndiagnosis_names = 1\n",
        "reader.toml:2: facility.diagnosis_names:",
    ),
    (
        "[card]\napdu_timeout_ms = 0\n",
        "reader.toml:2: card.apdu_timeout_ms:",
    ),
    (
        "[card]\napdu_timeout_ms = -1\n",
        "reader.toml:2: card.apdu_timeout_ms:",
    ),
    (
        "[card]\nsign_timeout_ms = nan\n",
        "reader.toml:2: card.sign_timeout_ms:",
    ),
    (
        "[card]\nsign_timeout_ms = inf\n",
        "reader.toml:2: card.sign_timeout_ms:",
    ),
    (
        "[card]\ntest_cards = \"yes\"\n",
        "reader.toml:2: card.test_cards:",
    ),
    ("[card]\nclaim_s = 60\nclaim_s = 60\n", "reader.toml:3:"),
    ("[card]\nclaim_s = 5\n", "reader.toml:2: card.claim_s:"),
    (
        "[mode]\nquestion_s = 5\n",
        "reader.toml:2: mode.question_s:",
    ),
    ("[mode]\nwarning_s = 55\n", "reader.toml:2: mode.warning_s:"),
    ("[mode]\nresume_s = 1e3\n", "reader.toml:2: mode.resume_s:"),
    (
        "[mode]\nlink_s = 99999999999\n",
        "reader.toml:2: mode.link_s:",
    ),
    (
        "[mode]\nmessage_s = 99999999999999999999999\n",
        "reader.toml:2:",
    ),
    (
        "[uplink]\nheartbeat_s = 0\n",
        "reader.toml:2: uplink.heartbeat_s:",
    ),
    (
        "[uplink]\nretry_max_s = 1979-05-27\n",
        "reader.toml:2: uplink.retry_max_s:",
    ),
    (
        "[terminal]\nplace = \"http://a\"\n",
        "reader.toml:2: terminal.place:",
    ),
    (
        "[terminal]\nplace = \"there\"\n",
        "reader.toml:2: terminal.place:",
    ),
    (
        "[terminal]\nlisten = \"localhost\"\n",
        "reader.toml:2: terminal.listen:",
    ),
    (
        "[terminal]\ncentre = \"https://a/?b=1\"\n",
        "reader.toml:2: terminal.centre:",
    ),
    (
        "[terminal]\nlisten = \"127.0.0.1:1\"\npage = \"127.0.0.1:1\"\n",
        "reader.toml:3: terminal.page:",
    ),
    (
        "[terminal]\npage = \"192.0.2.1:80\"\n",
        "reader.toml:2: terminal.page:",
    ),
    (
        "[uplink]\nrequest_s = 4\n[terminal]\ncentre_s = 3\n",
        "reader.toml:4: terminal.centre_s:",
    ),
    (
        "[screen]\noutput = \"hdmi\"\n",
        "reader.toml:2: screen.output:",
    ),
    ("[screen]\nrotate = 45\n", "reader.toml:2: screen.rotate:"),
    (
        "[screen]\npixels = [1280]\n",
        "reader.toml:2: screen.pixels:",
    ),
    (
        "[screen]\npixels = [10, 800]\n",
        "reader.toml:2: screen.pixels:",
    ),
    (
        "[screen]\npanel = \"run\"\n",
        "reader.toml:2: screen.panel:",
    ),
    (
        "[screen]\nlanguage = \"xx\"\n",
        "reader.toml:2: screen.language:",
    ),
    ("[screen\n", "reader.toml:1:"),
    ("[screen]\nwidth_mm = \n", "reader.toml:2:"),
    ("[screen]\nwidth_mm = 100 # \u{1}\n", "reader.toml:2:"),
    (
        "[terminal]\nplace = \"https://terminal.example/\"\nhistory_days = 5\n",
        "reader.toml:3: terminal.history_days: of no use",
    ),
];
