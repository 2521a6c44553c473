"""All commands under one name, as a table: a command's module is loaded when it is called."""

from typing import Annotated, Final

import typer

import masquerade
from masquerade.cli.exit_codes import EPILOGUE
from masquerade.cli.lazy import Alias, Command, Commands, Group, add, in_order
from masquerade.cli.starting import run_app

OWNER: Final = "Data owner: holds the photos and the key"
CLOUD: Final = "Cloud: trains and matches, holds no key"
APP: Final = "App or camera: sends features instead of photos"
PERSON: Final = "Person: posts photos"
PROVIDER: Final = "Provider: issues MaskNets"
AUDITOR: Final = "Auditor: measures what leaks"
EVERYBODY: Final = "Everybody"

KEY: Final[Commands] = {
    "new": Command(
        "key:new",
        "Make a secret key. Whoever has the file can undo the disguise: keep it with the owner.",
    ),
    "show": Command("key:show", "Print a key's fingerprint, date and protection; never the secret."),
    "passphrase": Command(
        "key:change_passphrase",
        "Set, change or remove a key file's passphrase; the key stays the same.",
    ),
    "backup": Command("key:backup", "Back up a key and its records into one file under a passphrase."),
    "restore": Command("key:restore", "Restore a key and its records from a backup; replaces nothing."),
}
MASKNET: Final[Commands] = {
    "join": Command(
        "masknet:join",
        "Get a MaskNet of your own from a provider. Asks for the invitation code.",
        resumes=True,
    ),
    "leave": Command(
        "masknet:leave",
        "Have the provider delete your account and your MaskNet's secret; your file stays.",
    ),
    "new": Command("masknet_new:new", "Make a MaskNet from your key without a provider."),
}
PSP: Final[Commands] = {
    "train": Command("psp:train", "Train a hypernetwork on public faces; needs no key.", resumes=True),
    "issue": Alias("masknet new"),
    "serve": Command("psp_service:serve", "Serve MaskNets to people with an invitation (see `psp invite`)."),
    "invite": Command(
        "psp_people:invite",
        "Print an invitation code for one person, valid for 14 days; with --account, for a person who returns.",
    ),
    "invitations": Command(
        "psp_people:invitations",
        "List invitations: handle, state, expiry, note. Codes are not stored and cannot be shown.",
    ),
    "withdraw": Command("psp_people:withdraw", "Withdraw an unused invitation; its code stops working."),
    "operator": Command("psp_service:operator", "Print a token for the operator's endpoints; shown once."),
    "accounts": Command(
        "psp_people:accounts", "List accounts: name, state, MaskNets issued, date joined, note."
    ),
    "note": Command(
        "psp_people:write_note",
        "Attach a note to an account. Only the operator sees it; it is deleted with the account.",
    ),
    "revoke": Command("psp_keeping:revoke", "Close an account. MaskNets it already received keep working."),
    "forget": Command("psp_keeping:forget", "Delete an account and all its secrets, as its owner can."),
    "backup": Command(
        "psp_keeping:backup",
        "Back up the database, also while it is served. The copy is useless without the operator's key.",
    ),
    "restore": Command(
        "psp_keeping:restore",
        "Restore a backup into an empty database. No account gets more MaskNets than its quota by it.",
    ),
    "audit": Group(
        "The audit trail of issued MaskNets.",
        {
            "verify": Command(
                "psp_keeping:verify",
                "Find entries that were edited, deleted, inserted or swapped, and accounts that contradict them.",
            ),
            "accept": Command(
                "psp_keeping:accept",
                "Accept the database as it is, if its record is consistent but differs from the last one known.",
            ),
        },
    ),
}
SEALED: Final[Commands] = {
    "new": Command(
        "sealed:new",
        "Make an empty gallery of sealed vectors: a public part for cameras and the cloud, and a secret part.",
    ),
    "enrol": Command("sealed:enrol", "Enrol people in a sealed gallery, one vector each.", resumes=True),
    "people": Command("sealed:people", "List the people in a sealed gallery."),
    "probe": Command(
        "sealed_public:probe",
        "Turn a photo into a sealed probe, which its maker cannot open; needs only the public part.",
    ),
    "match": Command(
        "sealed_public:match",
        "Score a sealed probe against the whole gallery without opening either; needs only the public part.",
    ),
    "open": Command("sealed_open:open_", "Open an answer: name the person, or say unknown. Shows no scores."),
    "remove": Command(
        "sealed:remove",
        "Remove a person from a sealed gallery; only that person's block is sealed anew.",
    ),
    "reseal": Command(
        "sealed:reseal",
        "Seal the whole gallery under a new secret key; cameras and the cloud need the new public part.",
    ),
}
STUDY: Final[Commands] = {
    "run": Command(
        "study:run",
        "Run studies: attack protections as each study file says, and write a report.",
        resumes=True,
    ),
    "list": Command("study:list_", "List the studies that come with masquerade and those in ./studies."),
    "compare": Command(
        "study_compare:compare",
        "Compare two reports: what leaks more, what leaks less, which grades changed.",
    ),
    "page": Command(
        "study:page",
        "Make the page of a report that is there, also of an older one, and say what changed since another.",
    ),
}
COMMANDS: Final[Commands] = {
    "key": Group("Make, inspect, lock and back up secret keys.", KEY, OWNER),
    "disguise": Command("disguise:disguise", "Disguise photos under the owner's key.", OWNER, resumes=True),
    "craft": Command("craft:craft", "Craft features of faces that resist inversion.", OWNER, resumes=True),
    "identify": Command(
        "identify:identify",
        "Name the person on each photo or feature row, or say unknown; for every kind of model file.",
        OWNER,
    ),
    "enrol": Command("recognise:enrol", "Make a gallery of people whom the model was not trained on.", OWNER),
    "embed": Command("recognise:embed", "Compute the recognition vector of each photo.", OWNER),
    "recogniser": Group(
        "Recognisers: those there are, and those fitted at home, so that no photo leaves.",
        {
            "fit": Command(
                "recognise:fit",
                "Fit a recogniser on this machine, on your photos or on what is public; nothing leaves.",
            ),
            "list": Command(
                "recognisers:list_",
                "List recognisers: accuracy on LFW as measured here, licence, source, digest.",
            ),
            "add": Command(
                "recognisers:add",
                "Keep the recognisers of a package that you downloaded; files whose digest is not known are left out.",
            ),
        },
        OWNER,
    ),
    "sealed": Group(
        "Galleries that a cloud matches without seeing faces: encrypted, as strong as ring-LWE.",
        SEALED,
        OWNER,
    ),
    "train": Command(
        "cloud:train", "Train a network on a released data set; needs no key.", CLOUD, resumes=True
    ),
    "distil": Command(
        "xnn_d:distil",
        "Train a noise generator for apps and a recogniser for the server (XNN-d); needs no key.",
        CLOUD,
    ),
    "pretrain": Command(
        "pretrain:pretrain",
        "Pre-train an encoder on public faces; needs no labels and no key.",
        CLOUD,
        resumes=True,
    ),
    "encoder": Group(
        "Train encoders whose features Crafter protects.",
        {
            "train": Command(
                "encoder:train",
                "Train an encoder and the server's network behind it; needs no key.",
                resumes=True,
            ),
            "answers": Command(
                "encoder:answers",
                "Learn from public photos how an encoder's answers differ, for task-only.",
            ),
            "bank": Command(
                "encoder:bank",
                "Collect an encoder's features of public photos, for k-same.",
            ),
            "edge": Command(
                "encoder:edge",
                "Write the matrix that a phone applies after the encoder.",
            ),
        },
        CLOUD,
    ),
    "generator": Group(
        "Train generators of public faces, Crafter's prior.",
        {
            "train": Command(
                "encoder:train_generator",
                "Train a face generator on public faces (WGAN-GP); needs no labels and no key.",
                resumes=True,
            )
        },
        CLOUD,
    ),
    "obfuscate": Command(
        "xnn_d:obfuscate",
        "Turn photos into obfuscated features and print which row is which photo. Sends nothing.",
        APP,
    ),
    "cloak": Command(
        "cloak:cloak",
        "Cloak the faces on photos, into another folder; the originals stay unchanged.",
        PERSON,
        resumes=True,
    ),
    "masknet": Group("Get a MaskNet, or leave its provider.", MASKNET, PERSON),
    "psp": Group("Train hypernetworks, serve MaskNets, manage accounts.", PSP, PROVIDER),
    "audit": Command(
        "audit:audit",
        "Attack your own photos under a protection, and report what leaks.",
        AUDITOR,
        resumes=True,
    ),
    "study": Group("Run, list and compare studies, and make pages of reports.", STUDY, AUDITOR),
    "leaderboard": Command(
        "study_compare:leaderboard",
        "Put all protections of many reports on one page: grade, utility, leaks, attacks, cost, date.",
        AUDITOR,
    ),
    "advise": Command(
        "listing:advise",
        "Say which way is for you: its command, what it costs, and what it leaves, as measured.",
        EVERYBODY,
    ),
    "list": Command(
        "listing:list_", "List protections, attacks, metrics, networks, studies or presets.", EVERYBODY
    ),
    "verify": Command(
        "verify:verify",
        "Check a released data set or sealed gallery: name damaged, missing, swapped and foreign files.",
        EVERYBODY,
    ),
    "export": Command(
        "verify:export",
        "Write a released data set, or a network as ONNX, for other libraries; needs no key.",
        EVERYBODY,
    ),
    "doctor": Command(
        "doctor:doctor",
        "Check this machine: what works, what is missing, and how to install it. Changes nothing.",
        EVERYBODY,
    ),
    "demo": Command(
        "demo:demo", "Run everything once on 400 photos of 40 people and write a report.", EVERYBODY
    ),
    "mask": Group(
        "Old name of `masknet`.",
        {"join": Alias("masknet join"), "forget": Alias("masknet leave")},
        hidden=True,
    ),
    "predict": Command(
        "recognise:predict",
        "Old name of `identify`, and of `enrol` and `embed` with these options.",
        hidden=True,
    ),
}
"""Every command. A test compares the lines with the commands' docstrings."""

app = typer.Typer(
    help="Deep learning on faces without revealing who is in the pictures, and measurements of how well that works.",
    epilog=EPILOGUE,
    no_args_is_help=True,
    cls=in_order(COMMANDS),
    # The pretty tracebacks print local variables, which may hold secrets.
    pretty_exceptions_enable=False,
)
add(app, COMMANDS)


def _version(wanted: bool) -> None:
    if wanted:
        from masquerade.cli.console import say

        say(f"masquerade {masquerade.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version  # handled by its callback


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code instead of exiting."""
    return run_app(app, arguments, goes_on=_goes_on(arguments, COMMANDS))


def _goes_on(arguments: list[str], commands: Commands) -> bool:
    """Whether the command that is called says that it can be interrupted."""
    found = commands.get(arguments[0]) if arguments else None
    if isinstance(found, Group):
        return _goes_on(arguments[1:], found.commands)
    return isinstance(found, Command) and found.resumes
