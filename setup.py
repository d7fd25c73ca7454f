from configparser import ConfigParser
from setuptools import find_packages, setup

parser = ConfigParser(delimiters='=', interpolation=None)
parser.read('settings.ini', encoding='utf-8')
cfg = parser['DEFAULT']
def lines(key): return [line for line in cfg[key].splitlines() if line]

# Files beside the modules, in the package and in any package under it.
DATA = ['py.typed', 'works.json', 'SHA256SUMS', 'static/**', 'zoo/**', 'samples/**']

setup(
    author=cfg['author'], license_expression=cfg['license'], keywords=cfg['keywords'], classifiers=lines('classifiers'),
    packages=find_packages(include=['lgm_nb', 'lgm_nb.*']), package_data={'': DATA}, include_package_data=False,
    install_requires=lines('requirements'),
    extras_require={key.removesuffix('_requirements'): lines(key) for key in cfg if key.endswith('_requirements')},
    entry_points={'console_scripts': lines('console_scripts'), 'nbdev': ['lgm_nb = lgm_nb._modidx:d']},
)
