"""What was found, by the sentence of the report, and the tests that fail where it comes back.

A test is named as pytest does, from tests/ on; `area: name` is a case of the corpus, `kill: name` a scenario of
`crashes`.
"""
import ast
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
OWN, HERE, CLI = 'test_ownership.py::', 'reliability/test_found.py::', 'test_cli.py::'

FOUND = {
    'a run into the folder above its photographs deletes them': [OWN + 'test_photographs_inside_what_would_be_written'],
    'a file of somebody else in OUT/images is lost': [OWN + 'test_other_files_stay_and_are_no_reason_to_refuse',
        'folders: images/holiday.jpg beside the set'],
    'backbones that differ in normalisation, input size, pooling or forward() share one bank': [
        HERE + 'test_networks_of_the_same_weights_share_nothing'],
    'files that appear in OUT during a run stop its save, and --resume': [
        OWN + 'test_files_that_appear_during_a_run', 'folders: .DS_Store beside the set',
        'folders: Thumbs.db beside the set',
        'folders: .ipynb_checkpoints/a.ipynb beside the set', 'folders: .nfs0001 beside the set',
        'folders: notes.txt beside the set'],
    'a kill during a checkpoint leaves a file that blocks --resume': [
        'kill: distil', 'kill: resume', HERE + 'test_a_leftover_of_an_earlier_version_blocks_nothing'],
    'lgm-bank --out X removes X.parts, or another bank in X': [
        OWN + 'test_a_bank_leaves_other_folders_and_banks_alone', 'folders: bank: a folder named like parts',
        'files: bank: of other settings'],
    'lgm-bank --out X fails after the build where X holds other files': [
        'folders: bank: bank.json of somebody else', 'folders: bank: means.safetensors of somebody else',
        'folders: bank: notes beside it', OWN + 'test_a_bank_replaces_no_file_of_somebody_else'],
    'OUT is a mount point, the current folder, a link, or not UTF-8': [
        HERE + 'test_a_mount_point_can_be_the_folder', HERE + 'test_a_folder_is_written_into_and_never_replaced',
        'folders: out that is the current folder', 'folders: out that is a link', 'folders: out that is not UTF-8'],
    'DistilledSet.save over a finished set deletes its report': [OWN + 'test_a_finished_set_is_not_replaced',
        OWN + 'test_a_report_replaces_only_its_own'],
    'lgm-demo replaces a set of lgm-distill, or deletes a checkpoint that is not its own': [
        OWN + 'test_a_demo_replaces_a_demo_on_request', OWN + 'test_the_demo_leaves_an_unfinished_run_alone'],
    'a flipped bit in means, features or a checkpoint gives other images': [
        'files: bank in the cache: means.safetensors flipped', 'files: bank: features.safetensors flipped',
        'files: run: latest checkpoint flipped', 'files: run: both checkpoints damaged',
        'files: set: card.json of another seed'],
    'a checkpoint without a level or without the state of Adam': [
        'files: run: checkpoint without a level', "files: run: checkpoint without Adam's state",
        'files: run: checkpoint with another step'],
    'damaged cache entries fail for ever': [
        'files: cached result cut', 'files: cached result text', 'files: cached result emptied',
        'files: bank in the cache: bank.json text', 'files: finished run of a sweep cut'],
    'lgm-probe scores images that are NaN, infinite, negative or from 0 to 255, or fewer labels than images': [
        'files: set: images that are NaN', 'files: set: images that are infinite', 'files: set: negative images',
        'files: set: images from 0 to 255', 'files: set: fewer labels', HERE + 'test_a_wrong_value_is_named'],
    'labels out of range and missing keys are tracebacks': [
        'files: set: a label too large', 'files: set: a negative label', 'files: set: no labels',
        'files: set: no tensor of images', 'files: set: a card without classes'],
    'pictures replaced by others of the same size and time get the old bank': [
        HERE + 'test_other_pictures_of_the_same_size_and_time_get_their_own_bank',
        'files: run: other pictures of the same size and time'],
    'features that are zero or underflow half precision pass without a warning': [
        HERE + 'test_a_backbone_whose_features_are_lost_warns'],
    'a bank with NaN advises a smaller lr; duplicate class names and fractional labels pass': [
        HERE + 'test_a_wrong_value_is_named', 'files: set: a class named twice', 'files: set: fractional labels'],
    'the card does not record the number of threads': [HERE + 'test_a_card_names_the_machine'],
    'four lgm-probe at once lose an accuracy': [OWN + 'test_accuracies_that_are_recorded_at_once'],
    'a half-written GIF is embedded in the report': [HERE + 'test_half_a_film_is_not_shown', 'kill: report'],
    'a kill between the last two renames leaves no folder': ['kill: save', 'kill: distil', 'kill: overwrite'],
    '--resume starts again at step 0 beside the finished set': [
        OWN + 'test_a_finished_set_is_resumed_only_as_itself', OWN + 'test_an_interrupted_replacement_is_resumed'],
    'a full disk under the cache ends in SIGBUS': [HERE + 'test_a_full_cache_is_an_error_and_no_signal',
        HERE + 'test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room'],
    'a FIFO named x.jpg hangs': ['images: FIFO'],
    "lgm-compare --backbones ''; lgm-transfer --backbones A,": [
        'arguments: compare: no backbones', 'arguments: compare: a comma', 'arguments: transfer: an unknown backbone',
        'arguments: transfer: a comma after the last backbone'],
    'a sweep with steps="x"': ['arguments: sweep: steps that are text'],
    'a weights file that holds a list or nothing': ['files: weights: a list', 'files: weights: nothing'],
    '--steps or --augs from 2⁶³ on; --seed 4294967296': [
        f'arguments: lgm-distill --steps {2**63}', f'arguments: lgm-distill --augs {2**63}',
        f'arguments: lgm-distill --seed {2**32}'],
    'cifar10-mini:x ignores :x': ['arguments: cifar10-mini with a path'],
    "the bank's bar ends at 97 %": [CLI + 'test_every_bar_ends_full'],
    'read_weights on a TorchScript archive runs its code': [HERE + 'test_the_code_of_an_archive_does_not_run',
        'files: weights: an archive of another network', 'files: weights: an archive that calls the system'],
    'the card of a stranger chooses which local folder lgm-probe opens': [
        CLI + 'test_a_card_does_not_choose_a_folder', 'arguments: probe: a folder that only the card names',
        HERE + 'test_a_card_cannot_name_files_outside_its_folder'],
    'HTML carries a Content-Security-Policy': [HERE + 'test_pages_have_a_policy'],
    'signals save, say how to go on, and have their exit codes': [CLI + 'test_other_signals_save_too',
        CLI + 'test_interrupt_saves', CLI + 'test_a_closed_pipe_does_not_end_a_run'],
    'two processes of a team are killed one after the other; another number of them goes on': [
        'test_processes.py::test_lost_processes'],
    'a run is repeated from its card': [CLI + 'test_a_run_is_repeated_from_its_card',
        HERE + 'test_a_repetition_says_that_the_data_are_others']}

def node(test):
    "The name that pytest has for a test of the list."
    if '.py::' in test: return test
    kind, _, name = test.partition(': ')
    if kind=='kill': return f'reliability/test_crashes.py::test_many_kills[{name}]'
    return f'reliability/test_corpus.py::test_case[{test}]'

def functions(file):
    "Names of the test functions in a file."
    parsed = ast.parse((TESTS/file).read_text(encoding='utf-8'))
    return {f.name for f in parsed.body if isinstance(f, ast.FunctionDef)}

def missing(found):
    "List the tests that do not exist."
    from reliability.crashes import SCENARIOS
    from reliability.test_corpus import CASES
    known = {f'{c.area}: {c.name}' for c in CASES} | {f'kill: {name}' for name in SCENARIOS}
    def is_there(test):
        file, colons, name = test.partition('::')
        return name in functions(file) if colons else test in known
    return [test for tests in found.values() for test in tests if not is_there(test)]
