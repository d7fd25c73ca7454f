"Odd and damaged images, folders, arguments and files: a right result or one clear line, and nothing lost."
import pytest
from reliability import arguments, files, folders, images
from reliability.place import judge, Place

CASES = [*images.CASES, *folders.CASES, *arguments.CASES, *files.CASES]

@pytest.mark.parametrize('case', CASES, ids=lambda c: f'{c.area}: {c.name}')
def test_case(case, made, tmp_path, monkeypatch, record_property):
    monkeypatch.setenv('LGM_NB_CACHE', str(made/'cache'))
    monkeypatch.setenv('LGM_NB_WEIGHTS', '') # restored after a case that sets it
    verdict = judge(case, Place(tmp_path, made))
    record_property('area', case.area)
    for key in ('outcome', 'lost', 'wrong'): record_property(key, getattr(verdict, key))
    assert not verdict.faults, '\n'.join(verdict.faults)
