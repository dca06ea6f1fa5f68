"""A product's rules in a file: how it is written, checked, and put in words.

A deployer writes one TOML file for each product version. Its keys are the members of
`ProductVersionDefined`, with three differences, so that people write what they read in a
label: times stand in whole minutes (`window_min` for `window_s`), temperatures in degrees
Celsius with at most two decimals (`high_c` for `high_centi_c`), limits of tests with at most
three decimals in the `unit` beside them (`min` for `min_milli`). There is no other way.
"""
