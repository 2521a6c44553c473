"""All commands under one name, as a table: a command's module is loaded when it is called."""

from typing import Annotated, Final

import typer

import masquerade
from masquerade.cli.lazy import Command, Commands, Group, add
from masquerade.cli.starting import run_app

EPILOGUE = "Exit codes: 0 done, 1 usage, 2 some inputs failed, 3 protection below what was asked."

MEASURE: Final = "Measure"
TRAIN: Final = "Train in a cloud"
POST: Final = "Post photos"
FEATURES: Final = "Send features"
RECOGNISE: Final = "Recognise without showing"
NETWORKS: Final = "Make public networks"
PROVIDE: Final = "Run a provider"
HERE: Final = "This machine"

KEY: Final[Commands] = {
    "new": Command(
        "key:new",
        "Make a new secret key. Whoever has the file can undo the disguise: it stays with the owner.",
    ),
    "show": Command("key:show", "Print a key's fingerprint, date and protection; never the secret."),
    "passphrase": Command(
        "key:change_passphrase",
        "Lock a key file with a passphrase, change it, or remove it; the key stays the same.",
    ),
    "backup": Command(
        "key:backup", "Keep a key and its records in one file under a passphrase, for another disk."
    ),
    "restore": Command("key:restore", "Bring a key and its records back from a backup; nothing is replaced."),
}
MASK: Final[Commands] = {
    "join": Command(
        "mask:join",
        "Get a MaskNet that nobody else has; asks for the invitation's code. Cut off, the same command goes on.",
    ),
    "forget": Command(
        "mask:forget",
        "Have the provider delete the account and the secret of its MaskNet; your file stays.",
    ),
}
PSP: Final[Commands] = {
    "train": Command(
        "psp:train",
        "Train a hypernetwork on public faces; needs no key. Can be stopped and called again.",
    ),
    "issue": Command(
        "psp_issue:issue",
        "Draw a user's MaskNet; drawn again while it is too near to one that was issued to somebody else.",
    ),
    "serve": Command(
        "psp_service:serve", "Serve MaskNets to people with an invitation; `psp invite` makes one."
    ),
    "invite": Command(
        "psp_people:invite",
        "A code for one person, good for 14 days; with --account, for one who comes back.",
    ),
    "invitations": Command(
        "psp_people:invitations",
        "Invitations: handle, state, good until when, note; the codes are known to nobody but those who have them.",
    ),
    "withdraw": Command(
        "psp_people:withdraw", "Take an invitation back that nobody has used; its code is good no more."
    ),
    "operator": Command("psp_service:operator", "A token for the operator's endpoints; shown once."),
    "accounts": Command("psp_people:accounts", "Accounts: name, state, MaskNets issued, joined when, note."),
    "note": Command(
        "psp_people:write_note",
        "Note something of an account, to know it by; nobody else sees it, and it goes with the account.",
    ),
    "revoke": Command(
        "psp_keeping:revoke",
        "Close an account; a MaskNet that is out in the world cannot be called back.",
    ),
    "forget": Command("psp_keeping:forget", "Delete an account and all its secrets, as its person can."),
    "backup": Command(
        "psp_keeping:backup",
        "Copy the database while it is served; the copy is worth nothing without the operator's key.",
    ),
    "restore": Command(
        "psp_keeping:restore",
        "Fill an empty database from a backup; nobody gets a MaskNet too many by it.",
    ),
    "audit": Group(
        "The record of what was issued.",
        {
            "verify": Command(
                "psp_keeping:verify",
                "Find entries that were edited, deleted, inserted or swapped, and accounts that disagree with them.",
            ),
            "accept": Command(
                "psp_keeping:accept",
                "Go on with the database as it is, where its record is sound but another was known.",
            ),
        },
    ),
}
SEALED: Final[Commands] = {
    "new": Command(
        "sealed:new",
        "Make a gallery of sealed vectors, with nobody in it: a part for cameras and the cloud, and a secret one.",
    ),
    "enrol": Command(
        "sealed:enrol",
        "Take people into a sealed gallery, one vector each. Can be stopped and called again.",
    ),
    "people": Command("sealed:people", "Print who is in a sealed gallery."),
    "probe": Command(
        "sealed_public:probe",
        "Turn a photo into a sealed probe, which whoever made it cannot open; needs the public part alone.",
    ),
    "match": Command(
        "sealed_public:match",
        "Score a sealed probe against everybody, without opening either; needs the public part alone.",
    ),
    "open": Command("sealed_open:open_", "Name who was shown, or say unknown; tells no score."),
    "remove": Command(
        "sealed:remove",
        "Take one person out of a sealed gallery; the block that they were in is sealed anew, others stay.",
    ),
    "reseal": Command(
        "sealed:reseal",
        "Seal everybody anew under a new secret key; cameras and the cloud need the new public part.",
    ),
}
COMMANDS: Final[Commands] = {
    "audit": Command(
        "audit:audit",
        "Attack protections with the attacks that a study lists, and write down how far they held.",
        MEASURE,
    ),
    "list": Command("listing:list_", "List what there is, a line each.", MEASURE),
    "key": Group("Make and look at secret keys.", KEY, TRAIN),
    "disguise": Command(
        "disguise:disguise",
        "Disguise photos under the owner's key. Can be stopped and called again.",
        TRAIN,
    ),
    "verify": Command(
        "verify:verify",
        "Compare every shard with the manifest and name what is damaged, missing, swapped or foreign.",
        TRAIN,
    ),
    "train": Command(
        "cloud:train",
        "Train a network on disguised data; needs no key. Can be stopped and called again.",
        TRAIN,
    ),
    "predict": Command(
        "recognise:predict",
        "Name the person on each photo, or say unknown; a wrong key is refused before the first photo is opened.",
        TRAIN,
    ),
    "cloak": Command(
        "cloak:cloak",
        "Cloak the faces on photos; the photos themselves stay as they are. Can be stopped and called again.",
        POST,
    ),
    "mask": Group("Join a provider, and leave it.", MASK, POST),
    "craft": Command(
        "craft:craft",
        "Craft features of faces against inversion. Can be stopped and called again.",
        FEATURES,
    ),
    "distil": Command(
        "xnn_d:distil",
        "Train a generator for clients and a recogniser for the server; needs no key.",
        FEATURES,
    ),
    "obfuscate": Command(
        "xnn_d:obfuscate",
        "Turn photos into obfuscated features; prints which row is which photo, and sends nothing.",
        FEATURES,
    ),
    "identify": Command(
        "xnn_d:identify",
        "Name the most alike person of the gallery for each row, or say unknown, from obfuscated features alone.",
        FEATURES,
    ),
    "sealed": Group(
        "A gallery that a cloud matches without seeing faces: encrypted, which holds while ring-LWE does.",
        SEALED,
        RECOGNISE,
    ),
    "psp": Group("For the provider: train a hypernetwork, issue MaskNets.", PSP, PROVIDE),
    "pretrain": Command(
        "pretrain:pretrain",
        "Pre-train an encoder on public faces; needs no labels and no key. Can be stopped and called again.",
        NETWORKS,
    ),
    "encoder": Group(
        "Encoders whose features Crafter protects.",
        {
            "train": Command(
                "encoder:train",
                "Train an encoder and the cloud's half behind it; needs no key. Can be stopped and called again.",
            )
        },
        NETWORKS,
    ),
    "generator": Group(
        "Generators of public faces: the prior that Crafter hides in.",
        {
            "train": Command(
                "generator:train",
                "Train a generator on public faces (WGAN-GP); needs no labels and no key. "
                "Can be stopped and called again.",
            )
        },
        NETWORKS,
    ),
    "doctor": Command(
        "doctor:doctor",
        "Look at the machine; changes nothing. Exits with 2 if something needed is missing.",
        HERE,
    ),
    "demo": Command("demo:demo", "Run the whole story on 400 photos of 40 people; ends in a report.", HERE),
}
"""Every command. A test compares the lines with the commands' docstrings."""

app = typer.Typer(
    help="Deep learning on faces without handing over who is in them, and a measure of how well that works.",
    epilog=EPILOGUE,
    no_args_is_help=True,
    add_completion=False,
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
    """Whether the command that is called says that it can be stopped."""
    found = commands.get(arguments[0]) if arguments else None
    if isinstance(found, Group):
        return _goes_on(arguments[1:], found.commands)
    return found is not None and "Can be stopped" in found.words
