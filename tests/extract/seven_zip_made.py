"""7z archives for tests: what 7-Zip 26.02 wrote of four small files, and a writer for what it would not write."""

from __future__ import annotations

import base64
import lzma
import struct
import zlib

FILES = {
    "a.txt": "".join(f"kunde{i}@example.no\n" for i in range(1, 41)).encode(),
    "mappe/b.csv": b"navn;epost\nOla;ola@example.no\n",
    "blåbær.txt": "sløtt kari@example.no".encode(),
}
"""And `tom.txt`, which is empty, and a folder `tomt`."""

REAL = {
    "LZMA2": (
        "H+sCUCma9-qBllcC;<Qf00000BLDyZ00000XO4@Q-~%E6j$HsXok{<^Pgk*E7<BX3_}Qtn-"
        "(h3dXnFtQ!*cs<nOK2Akunwl&;y0&Gehx>GB6MgD=f-yOYKC2n#P+UB8H%_saa06p{}{+vfIqzatEMYF0JWyw%Pau63e;1&$*%N<N-"
        "5Qbw?2P_aNI3tfW^cY_Aw^bI`ru2b>nC^v`L533qw4N?utPbmEjMwg3PCfinlL57jUvK9+1LA4naVwYOrq$aty&;&3_a);iCq(#=)nqx9rTD"
        "ibYntw3<N=()i#xi*OerhcNa;o#`|iN!CC`+u$O=I<I&+Fifk(j>PgeXb~j>)_Xy$uM~D9+Jx)^6~!bq)xfNRmz)METv-"
        "nK{ru?#v9*YMfDP1z`wBHO!1kdj)ESE3jhEB7Y2Zq0SSPT00#>J00AQd0RaVF01yBG41o3u0cW4|jsO4"
    ),
    "LZMA_BCJ": (
        "H+sCUCma9-9h<pnEdc-"
        "k00000BLDyZ00000fMv!Z05zRS|GZCEv0xZ<^Vj&<skGl=W7lYT|Kh`P`)rw5fkBZn768x#h3GRw@r^Pt5DhCV%5O{UM1-"
        "2gn;{~Gps=Y~PPCz}x#qIl%;9nepj|Gl>2|i+_yiKmxxUZ2q3h%UGgfs+5cc;V+YhXyS14?+7;kgXz2FC&7N_*jX@LoMd9+GiSr>HTlq$9W0"
        "D&_Ht`F5O{D{_UCjsE~q38NP7O$uV20!%mRZ%5Z_Vlhv<aq@e8R|Y04#q=O47NHVr&d9W_=F&P$ZJk<pcM-e7Vey-zA9|B=lh8Xc5*y9fG;D"
        "W!QF=GuWW~rHjb(*%eXpYVwJgyKQf2Ghh1u{b}eAU+oglYDjWk>#X<z94;eC$*2h`>*)_F99o``~8H`>m_ILmQ02c;;j{ymQo&X060RRCb0|"
        "5aAT>uaO01SZ!3IX8_<J$lL"
    ),
    "DEFLATE": (
        "H+sCUCma9-Zmw`#A^`vZ00000BLDyZ00000=60W#ZPH5$!Y~v@;dxi#3MB7DI&lZC;er`RV^VAsm*(7!365G$rypE6T>j}<uUVh-Tkdno$J&"
        "O!7>I>9h=&A7ge1rbq7_M#49Sul$&&&pk`jsaMv-"
        "=YZb+8oNS+i(k(5ZRw~C}mJCm^_NAjdViljthz1!3;<@@RVFv;V#;wrB?=D96>xD**%k@d|F004nA2d)p*Fak9eY$+c{OTRW{m>Ci%mBfnep"
        "bTPVcjyXc4|$oW*hoCwv(Nx|Iif}vW{Z<sgq)Z(+srHIiq#)djPZEzAhmBnW~YibwP#Vb5Jj#X?_ls|z8Gq%!O&oaM@9&0J{z|2*CZPu@5B?"
        ";t_Ovi8eV%G<9ZO=fmE%T33{l!e0Be3sz}TL000*TfRF(RfRX?Q3jqKDBLe{e1zi9T000bt_6h;oF{bMP00"
    ),
    "BZIP2": (
        "H+sCUCma9-$#q5_Kmh;%00000BLDyZ00000hnm2kLRx4!F+o`-"
        "Q(3jf>l6S0)Lo1K5I_Nc=s*CbFW*1_KnMUZ0JVdM{;D*7Q~&?~G^71W00000MN|#yo}e@X$~4}g&dif2F-"
        ")0BEYrGV?+d`005c#2000000q_kkvWP+w(^Ymh+ikYwOZrJ9uB1dnMLpkAL`z<RY!NI1e5i?qXaaq<0w?<jleR!iL{6wDJzL~N#+<3fa`FOQ"
        "0w#X67ji{7P>{98>l6S0finlL57jWNWS1n<{<4>P&agx4=Q8gfnoRruIcduvTO_~W6ilHBa}pfWJeRg;PJ_C5|JsTRU+W$d!atouXjvM0JCj"
        "8jYoGLP%XOq?jF@{2TU&MpJnc5HpU=yjtbj!kSnTDNtM|Z)j_%Gq$VCN6k9B&nAE|s>$D=f$o-"
        "Q5aVtuCyuQtIkt^fc47Y2Z?0SSPT00#>J00AQd0RaVF01yBG41o3u0jpawB>(^"
    ),
    "DELTA_PLAIN_LIST": (
        "H+sCUCma9-iHzOv%m4rY00000_5c6?00000rvz<2-~%E6#9aV2ojh*jcT&01_hr}#o89hsON6TVXkB~&V{<Clk=EToW-"
        "R=DWf)$JODd!Q80UNsWwK70l-g7CsuB9wCUHG^I%mw?z#+;6C;gn$nlE-b^-yK18X!sO)9>}ix^7VNTF}s<s@-"
        "eV&FdG>6z4RcO>j>o0({2OW8|AeguZ~!v(N4gZg|hbNF9Dw?uwT?oT#W?oS7-XlA-"
        "9aE>1ol{BVSgaw4<WPs&ww)$*6QbjIr*fc{wUkszNRBwZHJJw5;c0R#pB0SSQ200#>J00JQ)0RSNb0RaI341*(sBLD~u0||of7777x9RRcep"
        "YBRD#{TaB00jmP0pJe-AQ52zZ2(~aZ~$-"
        "sWdHyGbO3JvZ2)ut0049VZvbroE&y}@cmQ+&003bCE&y}@cmQ+&003eDYyjl|VgTj<asVy>bO3k&bN~PVZ2(~aZ~$-"
        "sWdJV#VgN1xV*qmib^rhX83F(R6fyw-01(s-Dt_Dn01(s-Dt_Dn01(s-Dt_Dn01(s-Dt_Dn01(s-Dt_Dn01(s-"
        "Dt_Dn6&e8m5P<DL5P<DLAb_NSAb_NSAb_NSAb_NS000"
    ),
    "NOT_SOLID": (
        "H+sCUCma9-v9VF-K>+{&00000BLDyZ00000uOngd-~#RdZe0L1ok{<^Pgk*E7<BX3_}Qtn-"
        "(h3dXnFtQ!*cs<nOK2Akunwl&;y0&Gehx>GB6MgD=f-yOYKC2n#P+UB8H%_saa06p{}{+vfIqzatEMYF0JWyw%Pau63e;1&$*%N<N-"
        "5Qbw?2P_VZ_u000316?1IExO8+NYhiL}KxKGgZE$R5E^coC0RSCtVRmjiWpHnEbP7*wVLNYZVL)YgVQp}1WiD=S3IG5AfinlLPo#@Z9*Ni5$"
        "0F1eh;q9yPvRde+2SaJ`Gvy=Sv+uN599Tols}(tlAEh&1qdMbeJRvtUN|~m-8?Rt0Y&qJe?kh%y8qEh0<^YgY!?2{%{F8Km$`-y^Q*Xca;6-"
        "b1;sUp*1P314Fk{Hw&$I5gCXw%kA<2#%bzAA9UP3oqtK}w{+)mT02c;;vH=Nzj{pY?0RRCb0|5aAT>uaO01SZ!3IWT`B!~b2"
    ),
    "PPMD": (
        "H+sCUCma9-!Idc71_1y700000A^-pY00000Apmkj0BZ~m=7;NFO$)y^8o!T<KzqpSQZ>mrgoIkcX7_0g_?I^=GbA>qlL7g;-"
        "^EllmV|YIi78H>%<mUs3NYMiKdb=9hH^$=EeXIeM?eToMlrd-"
        "v@ODV)Hb?iDQFfSOAMa5{m?=P1tpnvq%HHzkyP6N0D&_Ht`F3O4#h$h_Opq_DlBfGpL=TUNEbOFZ~Yi9IR5JEc^6e%h}Q`T^h^`PK1tp3Q^U"
        "!uJa9QtdUkMIE8?kRU?OGmx7fg{m*lDRMGjDg61Bxr<v13c|He8wVa^zrXmK<ePa8?`qXUmsj9+;hq*v`lWxb8O&Qc_S4vao>bNq%*V^J1>5"
        "~NH3000*Ta{&o}lK=+`0RRCb0|5aAT>uaO01SZk3IPV7R7U^+"
    ),
    "PASSWORD": (
        "H+sCUCma9-p{Q5ePXPb`00000BLDyZ000005}xbG&2_a}jAVsexDuW=M)HgJ5y?eGl=7Xv*Z%?675p%Y<TKugQW)Z4g-"
        "Z&)$oy9sbg%N;XV`YP)4uPeM03l*f+mY2k)Hi{Z%(JAk68ZpqEz74rQ#Xxtd&i|%j(3ji-"
        "$BZwOVzBnSla`l%7d8TB`~zk2^Y5)?C#%UlC#R%M4#ZMRHCGsQaZl30=h?j`y;a>Jb0_fi&U7%wp@O004nA2d)p*FkJZ;B+<|01SkbB7lV^&"
        "1P!14KQ+IP>{19LIM)qOKG~(tLk9ymc7{g4)G)eUwpv$2R2mhUh+V#gNt}{1YWo;AzZhOdd-Y>t@q4;)`-dI%m+2^;ne-sSqHds8AQpjymNh"
        "|Vy|agZT<_1QjmqtX<4A5q%ct_M{z-O;-"
        "=9&G;^6#sC}Vo%P99MchJ<F#RRh4rWv2*1JpRO0A8q7izyJUj27sUe34pHv2MYlJ0V4we0R>$E5C8xSfffn@@Fm31000"
    ),
    "HIDDEN_LIST": (
        "H+sCUCma9-SNon#Pyqk{00000KL7v#00000ND^1fnj5Y?`LCv%M~Mg1HqCcn$7g-"
        "xn{ozFzyC&1|49hrmr40nXxUM^2tXvjEIJ$!!oL$8!(N{!59kxy)4cT2NnfA{_e4ZGCrr>VUo=!3fqXO)IuOG4Vb%s0(PxO!$xz6|GB`>n(V"
        "i`-"
        "GdXUTdRfiw!UkFN)u&1TvGAFO!B)0Zyg7~p*L*BI+aVg|a&5JEYkvbGlsJ~)Fg}_#`0&HJqCF1z=|mXKa>EtgG&Jkdd76&|a^W(40BLqw5nN"
        "IfxVeqPNbE2G9Q9?EeMh(x@@ah#`njcnzXi?TLhqGIfzX4%^}RK&1Y_F;A<8CrJlD?iN$zOD5v6k$VM+DqaJeJt=xA{)z-"
        "5fxRh6pz02jAEe5`^AeuKGX*hE?veGkb*vNTQwWX2i`Iey7?Tl}V366+fMK~uXxd8aZv9T)`nl_<(?j`W!q7Y2Z!0SSPx00#>J00JZi@dp7C"
        "Qx7-j!Zt&izwxnVZo&&k+qNSE0RaVF01yBG0RRkuuYnc{0fFgJOaK4"
    ),
}

"""By the method of compression; PASSWORD and HIDDEN_LIST are encrypted."""


def real(name: str) -> bytes:
    """An archive that 7-Zip wrote."""
    return base64.b85decode(REAL[name])


def number(value: int) -> bytes:
    """A number as 7z writes it, always in nine bytes."""
    return b"\xff" + struct.pack("<Q", value)


def archive(
    blocks: list[dict[str, bytes]],
    *,
    coder: bytes = b"\x21\x21\x01\x18",
    declared: int | None = None,
    crc: bool = True,
    stored: bool = False,
) -> bytes:
    """An archive of blocks of files, packed with LZMA2 or not at all (`stored`). `declared`: a size for the last file
    of each block that it has not; `coder`: what each block says it is packed with.
    """
    packed = [b"".join(files.values()) if stored else _pack(b"".join(files.values())) for files in blocks]
    sizes = [[len(data) for data in files.values()] for files in blocks]
    for of_block in sizes:
        of_block[-1] = of_block[-1] if declared is None else declared
    listing = (
        b"\x01\x04" + b"\x06" + number(0) + number(len(packed)) + b"\x09" + b"".join(map(number, map(len, packed)))
    )
    listing += b"\x00\x07\x0b" + number(len(packed)) + b"\x00" + (b"\x01" + coder) * len(packed)
    listing += b"\x0c" + b"".join(number(sum(of_block)) for of_block in sizes) + b"\x00"
    listing += b"\x08\x0d" + b"".join(number(len(files)) for files in blocks)
    listing += b"\x09" + b"".join(number(size) for of_block in sizes for size in of_block[:-1])
    if crc:
        listing += b"\x0a\x01" + b"".join(struct.pack("<I", zlib.crc32(data)) for b in blocks for data in b.values())
    listing += b"\x00\x00"
    names = b"\0" + b"".join(name.encode("utf-16-le") + b"\0\0" for files in blocks for name in files)
    listing += b"\x05" + number(sum(map(len, blocks))) + b"\x11" + number(len(names)) + names + b"\x00\x00"
    return wrapped(b"".join(packed), listing)


def wrapped(data: bytes, listing: bytes) -> bytes:
    """Packed data and a list of members with the beginning that finds them."""
    start = struct.pack("<QQI", len(data), len(listing), zlib.crc32(listing))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + data + listing


def _pack(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 24}])
