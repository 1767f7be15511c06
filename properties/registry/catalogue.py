"""The catalogue ids that the project holds.

M ids: McAllester, "On the Mathematics of Diffusion Models" (arXiv 2301.11108); P ids: Lai, Song, Kim, Mitsufuji,
Ermon, "The Principles of Diffusion Models" (arXiv 2510.21890). Lettered ids are entries of their own.
"""

from __future__ import annotations

IDS: tuple[str, ...] = tuple(
    """
    M1 M2 M3 M4 M4b M4c M4r M5 M6 M7 M8 M8c M9 M10 M11 M12 M13 M14 M15 M16 M17 M18 M18r M19 M19p M20 M21
    M22 M23 M23b M24 M24b M25 M26 M27 M28 M29 M30 M31 M32 M33 M34 M35 M36 M37 M38 M39 M40 M41 M42 P1 P2
    P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16 P17 P18 P19 P20 P21 P22 P23 P24 P25 P26 P27 P28 P29
    P30 P31 P32 P33 P34 P35 P36 P37 P38 P39 P40 P41 P42 P43 P44 P45 P46 P47 P48 P49 P50 P51 P52 P53 P54
    P55 P56 P57 P58 P59 P60 P61 P62 P63 P64 P65 P66 P67 P67b P68 P69 P70 P71 P72 P73 P74 P75 P76 P77 P78
    P79 P80 P81 P82 P83 P84 P85 P86 P87 P88 P89 P90 P91 P92 P93 P94 P95 P96 P97 P98 P99 P100 P101 P102
    P103 P104 P105 P106 P107 P108 P109 P110 P111
    """.split()
)

ABSENT: dict[str, str] = {}
"""The written reason for every id that no record holds: there is none."""
