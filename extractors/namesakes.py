"""Which states a person's name points to: a weak cue for officials whom a text names without their state.

"Defence Minister Shen Kuo-liang" between Beijing and Taipei is more likely Taiwan's, "Prime Minister Taiga Mizushima"
in a report from Seoul Japan's. A name never decides alone: it only chooses among the states that the text names.
"""

from __future__ import annotations

import re
from functools import lru_cache

from extractors.text import word_set

_ENGLISH = frozenset({"USA", "GBR", "AUS", "CAN", "NZL", "IRL", "PHL", "ZAF"})
_GERMAN = frozenset({"DEU", "AUT", "CHE"})
_NORDIC = frozenset({"NOR", "DNK", "SWE", "ISL", "FIN", "GRL"})
_SPANISH = word_set("""ESP MEX ARG CHL COL PER VEN ECU BOL URY PRY CUB DOM GTM HND NIC SLV CRI PAN PHL""")
_PORTUGUESE = frozenset({"BRA", "PRT", "AGO", "MOZ", "CPV", "TLS"})
_ARAB = word_set("""SAU ARE QAT KWT BHR OMN YEM IRQ SYR LBN JOR PSE EGY LBY TUN DZA MAR SDN MRT SOM DJI""")

# -- Korea, Japan, China, Taiwan, Viet Nam: family name first but in Japan -----------------------------------------
_NORTH_KOREAN = word_set("ri choe pak hyon paek jong ryang rim thae kye")
_SOUTH_KOREAN = word_set(
    """lee rhee yi choi park chung jung jeong jeon yoon lim cho seo suh shin moon yoo you noh roh woo joo bae paik baek
    heo hur huh koh gwak sohn shim chae eom byun maeng pyo tak bang koo gu min eun ok jegal seok seol wi yeo
    namgung"""
)
_KOREAN = word_set(
    """kim han kang hong song nam an ahn kwon hwang ryu yang son ko oh im jo yun jin cha ha ju chu na sung seong do
    kwak sim nae jon yo u pang um kil wang so sin jang o mun tae yon ro chang chin chon chong min won sok"""
)
_NORTHERN = re.compile(
    r"(?:jong|myong|yong|hyok|chol|gwang|kwang|song|ryong|thae|hyon|ryol|gyong|kyong|byong|pyong|il|un|su|hui|nam|hak"
    r"|gil|chun|sop|gol|chon|ung|gum|kum|ran|ok|ryon|hwa|guk|kuk|bok)",
)
_SOUTHERN = re.compile(
    r"(?:hyun|young|seok|chul|joon|kyung|jae|soo|byung|woo|jun|seung|sung|yeol|kyun|hwan|geun|keun|hyuk|hyeok|beom|bum"
    r"|yeon|yeong|kyeong|gyeong|jeong|hyeon|woong|eun|dae|tae|won|wook|ik|mo|hee|chan|rae|gu|back|hoon|sup|seop|ho|pyo"
    r"|byul|shik|kyo|ju|min|jin|ki|in|sook|mi|ah|ji|do|yong|chang|han|sang|nam|dong|kwan|moo|geol|guk|hyung|jung|yul|kang"
    r"|yang|gyun|seol|an|hwa|gyu|suk|cheol|sun|gi|bin|ri|rim|ra|na|bok|pil|suh|tak|ran|ha|hae|heon|gon|gyo|bong|ryul|deok"
    r"|duck|duk|kyum|kyeom|je|se|yeop|yup|hong|sin|shin|yun|jong|un|il|kil|hak|jo)",
)
_JAPANESE_SURNAME = re.compile(
    r"(?:[a-z]*(?:yama|moto|mura|kawa|gawa|saki|zaki|shima|jima|naka|oka|hara|bara|wara|hashi|bashi|guchi|kuchi|uchi"
    r"|yashi|mori|nishi|kita|matsu|take|tani|sawa|zawa|ura|ueda|miya|abe|numa|kura|ishi|tsuka|zuka|shita|iwa|sugi|fuji"
    r"|naga|mizu|saka|zaka|mine|kami|gami|date|tate|dera|gaki|numa|taka|sumi|oda|eda|ida|ada|uda|ita|ota|shiro|oro"
    r"|hata|mitsu|nabe|tabe|kabe|ndo|ito|ato|omi|inoue|ikeda|ono|uno|endo|kudo|sato|kato|goto|doi|arai|imai|sakai|asai"
    r"|kitai|murai|nagai|fukui|matsui|hirai|ishii|suzuki|sasaki|aoki|ueki|maki|seki|tsuji|kondo|kubo|hori|sonoda))"
)
_JAPANESE = re.compile(
    r"(?:(?:[kgsztdnhbpmyrwfj]|ky|gy|sh|ch|ts|ny|hy|by|py|my|ry)?[aeiouāēīōū]{1,2}|n(?![aeiou])|(?:k(?=k)|s(?=s)|t(?=[tc])"
    r"|p(?=p)|m(?=[bp])))+"
)
_CHINESE = word_set(
    """wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang
    feng yu dong xiao cheng cao yuan deng fu shen zeng peng lu su jiang cai jia ding wei xue ye yan pan dai xia
    zhong tian ren fan fang shi yao tan liao zou xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng
    long wan duan qian yin yi chang wen geng qi nie mi hua le cong ning bi tong gong yue"""
)
_TAIWANESE = word_set(
    """chen lin huang chang lee li wang wu liu tsai yang hsu cheng hsieh kuo hung chiu tseng liao lai chou yeh su
    chiang lu ho lo kao hsiao pan chien chu chung peng chan hu shih yu wen koo ku tung tu ching joseph shen sun
    ma chao fan fu han tang tai ting tsao wei yen yin teng feng ko shu kang kung shih lan mao sung tan"""
)
_WADE_GILES = re.compile(
    r"(?:ch|ts|hs|k|t|p|l|m|n|w|y|f|h|j|s|sh|tz)?(?:iang|iung|uang|ueh|iao|ien|ang|eng|ing|ung|iu|ia|ih|uo|ua|ui|un"
    r"|ao|ai|an|en|in|ei|ou|eh|ieh|u|i|a|o|e|yi)"
)
_PINYIN = re.compile(
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ian|iao|ang|eng|ing|ong|uan|uai|ai|ei|ao|ou|an|en|in|un"
    r"|ia|ie|iu|ua|uo|ui|ue|a|o|e|i|u|er)){1,2}"
)
_VIETNAMESE = word_set("nguyen tran le pham hoang phan vu vo dang bui do ngo duong trinh dinh luong")

# -- given names and endings elsewhere -------------------------------------------------------------------------------
_UKRAINIAN = word_set(
    """andrii oleksandr volodymyr serhii mykhailo yurii kyrylo oleh ihor dmytro mykola maksym taras ruslan vitalii
    oleksii valerii petro pavlo bohdan ostap danylo yevhen hryhorii vasyl oksana olha natalia yuliia iryna
    kateryna roman vadym rustem denys stanislav lidiia solomiia ivan anatolii artem rostyslav svitlana hanna
    nataliya"""
)
_RUSSIAN = word_set(
    """sergei sergey dmitry dmitri vladimir alexander alexei aleksei mikhail yuri igor oleg nikolai andrei pavel boris
    gennady vyacheslav konstantin maxim gleb matvei arkady leonid vadim pyotr ilya yegor grigory valery anatoly
    vasily ivan maria yelena tatyana natalya olga irina svetlana lyudmila lidiya alla zinaida galina artyom
    kirill stepan fyodor semyon timofei vitaly denis ruslan viktor ramzan"""
)
_POLISH = word_set(
    """andrzej radoslaw radosław wladyslaw władysław mariusz zbigniew mateusz jaroslaw jarosław tomasz marcin krzysztof
    wojciech pawel paweł piotr jacek stanislaw stanisław jakub michal michał maciej grzegorz malgorzata
    agnieszka katarzyna slawomir sławomir wieslaw wiesław bartosz lukasz łukasz kazimierz"""
)
_BALTIC = {
    "LVA": word_set(
        "andris edgars artis krisjanis krišjānis evika egils janis jānis baiba raimonds valdis maris māris ilze"
    ),
    "EST": word_set("urmas kaja hanno margus jonatan kusti kristen alar martin tiit toomas lauri eerik"),
}
_LITHUANIAN = re.compile(
    r"[a-ząčęėįšųūž]+(?:auskas|aitis|evičius|evicius|ėnas|enas|onis|ūnas|unas|aitė|aite|ienė|iene|ytė|yte|tė|inas)"
)
_HEBREW = word_set(
    """yoav eitan gil oren avner hagit yarden tamar benny gadi aviv herzi daniel yair naftali gideon itamar bezalel
    avigdor yossi moshe shlomo shimon ehud amir tomer nadav eyal avi dov uri ronen yaakov yitzhak isaac noa
    shira galit miri anat effie eli ofir omer nir tzachi ron doron boaz zeev ze'ev assaf asaf ilan aryeh meir
    shaul shaked"""
)
_HEBREW_SURNAME = re.compile(
    r"(?:ben|bar)-\w+|cohen|levy|levi|halevy|halevi|katz|mizrahi|peretz|biton|dahan|shamir|sabag|shapira|azoulay|gabay|hagari"
    r"|almog\w*|orlan|golan|eyal|gantz|gallant|lapid|shaked|tal|rosen\w*|friedman|goldberg|amit|baruch|regev|zamir|defrin"
)
_ARABIC = re.compile(r"(?:al|el|ash|as|ar|an|at|ad|az|bin|ibn|abu|abdul|abd)-\w+")
_ARABIC_GIVEN = word_set(
    """abdullah abdulaziz abdulrahman abdelfattah abdel abdul abdulmalik ahmed ahmad ali anwar ayman badr bassam fahad
    fahd faisal fayez ghassan haider hadi hamad hamid hassan hazem hisham hossam hussein ibrahim imad issa jamal
    kareem karim khaled khalid khalil khalifa lina mahmoud majid mansour marwan mohamed mohammed mohammad
    muhammad muhannad mustafa nabil naim nasser omar osama qasim qais rashid rami rania saad saeed said salah
    saleh salem salim salman sameh sami samir sayyid suleiman sultan talib talal tarek tariq turki walid waleed
    yahya yasser yasin yousef youssef youssuf yusuf zaid zayed ziad moatasim mariam fatima layla nadia"""
)
_PERSIAN_GIVEN = word_set(
    """behrouz reza farzad sattar hossein hosein amir esmail esmaeil abbas kazem nasser mohammad mohsen mehdi mahdi
    javad ramezan masoud masoumeh hamid hamidreza alireza gholam gholamreza kamal saeed saeid ebrahim majid ali
    amirali farhad bahram cyrus dariush shahram parviz iraj behnam peyman fatemeh zahra maryam rahim yadollah
    seyed seyyed sayyed houshang"""
)
_PERSIAN_SURNAME = re.compile(
    r"[a-z]+(?:zadeh|pour|nejad|zad|far|mand|khah|doust|parast|abadi|ani|shahi|ami|avi|golshani|rahnavard|ollahi|ian|chi"
    r"|tavakoli|kamali|karimi|rezaei|hosseini|bagheri|rahimi|moradi|jafari|ghaani|salami|hajizadeh|araghchi|baghaei)"
)
_PAKISTANI = word_set(
    """khan khattak durrani junejo qureshi bhutto sharif chaudhry iqbal mahmood malik mirza butt rana niazi afridi shah
    baloch memon dar munir bajwa abbasi zardari tarar jilani khosa leghari gilani raja siddiqui ansari kayani
    babar asif bukhari jatoi rehman zehri lodhi cheema warraich mazari bugti"""
)
_INDIAN = word_set(
    """singh sharma kumar patel gupta rao reddy nair menon iyer iyengar deshpande bhosle varadarajan subramaniam
    subramanian bhardwaj sethi raghavan nayak behera mishra das mukherjee banerjee chatterjee bose ghosh sen roy
    joshi kulkarni patil shinde pawar naidu pillai krishnan venkatesan ramachandran swaminathan natarajan
    srinivasan raman murthy murty hegde shetty gowda verma varma yadav thakur chauhan chouhan rathore rajput
    tiwari pandey dubey shukla tripathi trivedi dwivedi chaturvedi bhatt bhat jaishankar doval modi shah gandhi
    kejriwal kamat sivan somanath narayanan velagapudi mehta jain agarwal aggarwal malhotra kapoor khanna chopra
    bhatia arora sinha jha mohanty pradhan panda sahoo patnaik samantaray dhawan bedi sandhu gill grewal dhillon
    ahluwalia puri tandon saxena mathur bhargava gokhale phadke apte saran misri bagchi bhonsle chawla solanki
    parmar desai parekh"""
)
_TURKISH = word_set(
    """tolga kerem mehmet hakan yaşar yasar recep hulusi fahrettin mevlüt mevlut ömer omer emre zeki bekir süleyman
    cevdet haluk murat burak serdar tayfun kemal ahmet mustafa yusuf osman orhan cem deniz ayşe fatma elif
    zeynep selçuk volkan levent"""
)
_GREEK = re.compile(
    r"[a-z]+(?:opoulos|opoulou|idis|iadis|akis|atos|ellis|ogridis|ogalis|oglou|akos|otis|eas|ias|ous|oulis|anis)"
)
_ITALIAN = word_set(
    """luca marco guido giorgia giuseppe antonio matteo paolo pietro giovanni francesco lorenzo alessandro andrea
    stefano roberto giulia chiara federica carlo sergio mario enrico fabio massimo claudio elena silvia"""
)
_FRENCH = word_set(
    """jean pierre françois francois benoît benoit sébastien sebastien emmanuel catherine stéphane stephane jacques
    philippe thierry laurent nicolas olivier gérard gerard michel christophe bruno frédéric frederic étienne
    etienne hélène helene anne-marie jean-yves jean-noël jean-pierre jean-luc sylvie valérie valerie céline
    celine amélie amelie florence élisabeth fabien guillaume mathieu rémi remi thomas yves hervé herve"""
)
_GERMAN_GIVEN = word_set(
    """boris friedrich annalena olaf angela ursula heiko johann jürgen juergen wolfgang christine klaus karl hans
    dieter stefan lars jens uwe katrin sabine birgit ilse hannelore matthias andreas carsten torsten günter
    gunter ulrich norbert roderich"""
)
_SPANISH_GIVEN = word_set(
    """josé jose juan carlos luis miguel javier pedro pablo diego alejandro fernando manuel maría maria ana carmen
    margarita rodrigo ricardo enrique gustavo nicolás nicolas ignacio xabier ramón ramon rafael sergio alberto
    eduardo gilberto teodoro yvan"""
)
_PORTUGUESE_GIVEN = word_set(
    "joão joao luiz paulo mauro celso jair antônio antónio tiago rui nuno inês gonçalo augusto thiago"
)
_NORDIC_GIVEN = word_set(
    """lars jonas astrid aksel annika helena espen eirik håkon hakon ine tore bjørn bjorn kjell ingrid sigrid magnus
    mette troels jakob rasmus anders pål ulf tobias carl-oskar knut gunnar sunniva solveig einar ragnar kaare
    kåre halvor trond"""
)
_ENGLISH_GIVEN = word_set(
    """adam alan alice andrew angela anthony antony arthur austin barbara ben benjamin bernard bill bob bradley brad
    brett brian bridget bruce bryan calvin cameron carl carol caroline cassandra charles charlotte chris
    christopher clare claire clark colin craig curtis dana dale david dean deborah dennis derek diane don donald
    dorothea dorothy doug douglas duncan edward eleanor elizabeth ellen emily emma eric erica ernest evan frank
    fred gail gary geoffrey george gerald gillian glenn gordon graham grant greg gregory gwen hannah harold
    harriet harry heather helen henry howard hugh ian jack jacqueline jake james jane janet jared jason jeff
    jeffrey jennifer jeremy jessica jill jim joan joe joel john jonathan joseph joshua joyce judith julia julian
    julie justin karen kate katherine kathleen keith kelly ken kenneth kevin kimberly kyle larry laura lauren
    lawrence leonard leslie lewis linda lisa lloyd louise lucy malcolm marcus margaret mark martha martin mary
    matthew megan melissa michael michelle mike miriam molly nancy naomi nathan neil nicholas nicola nigel nina
    nora norman oliver oscar owen pamela pat patricia patrick paul peggy penny peter philip philippa phil piers
    preston rachel ralph randall ray raymond rebecca richard rick robert robin roger ronald rosalind rose ross
    roy rupert russell ruth ryan sally sam samantha samuel sandra sarah scott sean sharon sheila shirley simon
    sophie spencer stacy stanley stephanie stephen steve steven stuart susan sylvia ted terrence terence theresa
    thomas tim timothy tina todd tom tony tracy trevor tyler vanessa victoria vincent virginia walter warren
    wayne wendy wesley will william winston zachary"""
)

_STYLES = word_set(
    """marshal general colonel captain admiral major brigadier commodore lieutenant sergeant commander cardinal
    ambassador dr shri sheikh prince sir lord ayatollah professor prof gen col lt maj adm capt brig cmdr rear
    vice minister president"""
)
_BY_GIVEN: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (_POLISH, frozenset({"POL"})),
    (_BALTIC["LVA"], frozenset({"LVA"})),
    (_BALTIC["EST"], frozenset({"EST"})),
    (_TURKISH, frozenset({"TUR", "AZE"})),
    (_ITALIAN, frozenset({"ITA", "VAT", "SMR", "CHE"})),
    (_FRENCH, frozenset({"FRA", "BEL", "LUX", "CHE", "CAN"})),
    (_GERMAN_GIVEN, _GERMAN),
    (_SPANISH_GIVEN, _SPANISH),
    (_PORTUGUESE_GIVEN, _PORTUGUESE),
    (_NORDIC_GIVEN, _NORDIC),
    (_ENGLISH_GIVEN, _ENGLISH),
)


@lru_cache(maxsize=512)
def likely_states(name: str) -> frozenset[str]:
    """ISO codes of the states where such a name is at home ("Noh Byung-chul": KOR); empty where it tells nothing."""
    parts = [part.lower().strip(".,'\"") for part in name.removesuffix("'s").split() if len(part.strip(".")) > 1]
    while parts and parts[0] in _STYLES:
        parts = parts[1:]
    if len(parts) < 2:
        return frozenset()
    return _east_asian(parts) or _slavic(parts) or _western_asian(parts) or _by_given_name(parts)


def _east_asian(parts: list[str]) -> frozenset[str]:
    first, rest = parts[0], parts[1:]
    syllables = [s for part in rest for s in part.split("-")]
    if len(rest) <= 2 and len(syllables) == 2:
        if _is_korean(first, syllables):
            return _of_korea(first, syllables)
        if first in _TAIWANESE and all(_WADE_GILES.fullmatch(s) for s in syllables):
            return frozenset({"TWN"})
    if first in _VIETNAMESE and len(parts) == 3 and "-" not in parts[1]:
        return frozenset({"VNM"})
    if len(parts) == 2 and first in _CHINESE and "-" not in rest[0] and _PINYIN.fullmatch(rest[0]):
        return frozenset({"CHN", "TWN"} if first in _TAIWANESE else {"CHN"})
    return frozenset({"JPN"} if _is_japanese(parts) else ())


def _is_japanese(parts: list[str]) -> bool:
    """Open syllables throughout; short names need a family name of the usual parts as well."""
    if len(parts) != 2 or not all(_JAPANESE.fullmatch(part) for part in parts):
        return False
    foreign = any(parts[0] in names for names, _ in _BY_GIVEN) or parts[0] in _RUSSIAN | _HEBREW | _ARABIC_GIVEN
    long = len(parts[0]) >= 4 and len(parts[1]) >= 4 and parts[0][-1] in "aeiou" and "l" not in "".join(parts)
    return not foreign and (long or bool(_JAPANESE_SURNAME.fullmatch(parts[1])))


def _is_korean(surname: str, syllables: list[str]) -> bool:
    known = surname in _KOREAN or surname in _SOUTH_KOREAN or surname in _NORTH_KOREAN
    return known and all(_SOUTHERN.fullmatch(s) or _NORTHERN.fullmatch(s) for s in syllables)


def _of_korea(surname: str, syllables: list[str]) -> frozenset[str]:
    """North and South spell the same names differently: "Ri", "Pak" and "Myong" against "Lee", "Park" and "Myung"."""
    if (surname in _SOUTH_KOREAN) != (surname in _NORTH_KOREAN):
        return frozenset({"KOR"} if surname in _SOUTH_KOREAN else {"PRK"})
    south = any(_SOUTHERN.fullmatch(s) and not _NORTHERN.fullmatch(s) for s in syllables)
    north = any(_NORTHERN.fullmatch(s) and not _SOUTHERN.fullmatch(s) for s in syllables)
    return frozenset({"KOR", "PRK"} if south == north else {"KOR"} if south else {"PRK"})


def _slavic(parts: list[str]) -> frozenset[str]:
    given, last = parts[0], parts[-1]
    if _LITHUANIAN.fullmatch(last):
        return frozenset({"LTU"})
    if (
        last.endswith(("enko", "chuk", "iuk", "yuk", "iak", "yak", "yshyn", "skyi", "ivna"))
        or given in _UKRAINIAN - _RUSSIAN
    ):
        return frozenset({"UKR"}) if given not in _RUSSIAN - _UKRAINIAN else frozenset({"UKR", "RUS", "BLR"})
    if given in _POLISH or last.endswith(("wski", "cki", "wska", "cka", "wicz", "czyk")):
        return frozenset({"POL"})
    if last.endswith(("ov", "ova", "ev", "eva", "yov", "yev", "in", "ina", "sky", "skaya", "skiy", "tsyn")) and (
        given in _RUSSIAN
    ):
        return frozenset({"RUS", "BLR", "KAZ", "BGR"})
    return frozenset({"RUS", "BLR", "KAZ"}) if given in _RUSSIAN - _UKRAINIAN else frozenset()


def _western_asian(parts: list[str]) -> frozenset[str]:
    given, last = parts[0], parts[-1]
    if last in _INDIAN and given not in _ARABIC_GIVEN and given not in _ENGLISH_GIVEN:
        return frozenset({"IND", "NPL", "LKA"})
    if last in _PAKISTANI and given not in _ENGLISH_GIVEN:
        return frozenset({"PAK"})
    if _HEBREW_SURNAME.fullmatch(last) and given not in _ENGLISH_GIVEN:
        return frozenset({"ISR"})
    if any(_ARABIC.fullmatch(part) for part in parts):
        return _ARAB
    if given in _PERSIAN_GIVEN - _ARABIC_GIVEN:
        return frozenset({"IRN"})
    if given in _PERSIAN_GIVEN and _PERSIAN_SURNAME.fullmatch(last):
        return frozenset({"IRN", *_ARAB})
    if given in _HEBREW - _ENGLISH_GIVEN - _ARABIC_GIVEN:
        return frozenset({"ISR"})
    if given in _ARABIC_GIVEN:
        return frozenset({*_ARAB, "PAK", "IRN"})
    return frozenset()


def _by_given_name(parts: list[str]) -> frozenset[str]:
    given, last = parts[0], parts[-1]
    found: frozenset[str] = frozenset().union(*(states for names, states in _BY_GIVEN if given in names))
    if given in _ENGLISH_GIVEN and last in _TAIWANESE | _CHINESE | _KOREAN | _SOUTH_KOREAN:
        return frozenset()
    if _GREEK.fullmatch(last):
        return frozenset({"GRC", "CYP"})
    if last.endswith(("nen", "mäki", "maki")) and len(last) > 5:
        return frozenset({"FIN"})
    if last.endswith(("oğlu", "oglu")) or re.search(r"[ğış]", last):
        return frozenset({"TUR", "AZE"})
    return found
