import Formats

/// What each page holds in one piece: its style sheet and its script. The content security policy names both by their
/// hashes, so that a browser takes no others.
enum Assets {
    static let style: StaticString =
        #"""
        :root{color-scheme:light dark;
        --bg:#f6f7f8;--s:#fff;--ink:#15191e;--mut:#59636e;--line:#e1e5e9;--link:#0a56a6;
        --ok:#00725a;--bad:#b83a0a;--wait:#8a5600;--odd:#6d3fa8;--off:#56616c;
        --okb:#1f9d7f;--badb:#8c2a05;--waitb:#c3cad1;--tint:#eef2f6;--mark:#ffe2b8;--warn:#fff3df}
        @media(prefers-color-scheme:dark){:root{
        --bg:#0f1215;--s:#171b20;--ink:#e9edf1;--mut:#9ba6b2;--line:#2a3138;--link:#85bdf8;
        --ok:#4ecfa9;--bad:#ff9468;--wait:#e9b949;--odd:#c9adf6;--off:#a3aeb9;
        --okb:#279d7e;--badb:#ffb38f;--waitb:#66717d;--tint:#20262c;--mark:#6b4410;--warn:#2e2413}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
        a{color:var(--link);text-decoration:none}
        a:hover{text-decoration:underline}
        :focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
        .w{max-width:70rem;margin:0 auto;padding:0 1rem}
        .skip{position:absolute;left:-99rem}
        .skip:focus{left:.5rem;top:.5rem;background:var(--s);padding:.5rem;z-index:9}
        svg.i{width:1.15em;height:1.15em;vertical-align:-.2em;flex:none}
        .ok{color:var(--ok)}.bad{color:var(--bad)}.wait{color:var(--wait)}.odd{color:var(--odd)}.off{color:var(--off)}
        .mut,small{color:var(--mut)}
        small{font-size:.875rem}
        .vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        .r{text-align:right}
        code,.m{font-family:ui-monospace,"Cascadia Mono","Roboto Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}
        h1,h2,h3,p,dl,dd,ol,ul,table{margin:0;padding:0}
        ol,ul{list-style:none}
        h1{font-size:1.35rem;line-height:1.25;letter-spacing:-.01em}
        h2{font-size:1.0625rem;line-height:1.3;margin:0 0 .5rem}
        p+table,h2+table{margin-top:.35rem}
        section>p{margin-bottom:.5rem}
        table+p{margin:.75rem 0 1rem}
        section>:last-child{margin-bottom:0}
        header{background:var(--s);border-bottom:1px solid var(--line)}
        header .w{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem 1.25rem;padding-top:.5rem;padding-bottom:.6rem}
        .brand{font-weight:650;color:var(--ink);display:flex;gap:.5rem;align-items:center;min-height:2.75rem;min-width:0;flex:1 1 8rem;white-space:nowrap}
        .brand svg{width:1.6rem;height:1.6rem;flex:none}
        .brand span,.brand small{min-width:0;overflow:hidden;text-overflow:ellipsis}
        .brand small{font-weight:400;display:block;line-height:1.1}
        nav ul{display:flex}
        nav a{display:flex;align-items:center;gap:.45rem;min-height:2.75rem;padding:0 .8rem;color:var(--mut);border-radius:8px}
        nav a[aria-current]{color:var(--ink);font-weight:600;background:var(--tint)}
        .find{flex:1 1 16rem;min-width:0;display:flex}
        input,button,select,.btn{font:inherit;color:inherit;background:var(--s);border:1px solid var(--edge,#8a949f);border-radius:8px;min-height:2.75rem;padding:0 .75rem}
        .find input{flex:1;min-width:0;border-radius:8px 0 0 8px;border-right:0}
        .find button{border-radius:0 8px 8px 0}
        input::placeholder{color:var(--mut);opacity:1}
        button,.btn{cursor:pointer;background:var(--tint);border-color:var(--line);display:inline-flex;align-items:center;gap:.4rem;color:var(--ink);white-space:nowrap}
        .pri{background:var(--link);border-color:var(--link);color:var(--s);font-weight:600}
        .me{margin-left:auto;display:flex;gap:.25rem}
        .me a,.me button{min-width:2.75rem;min-height:2.75rem;display:flex;align-items:center;justify-content:center;padding:0 .4rem;border:0;background:none;color:var(--mut)}
        main{display:block;padding:1.1rem 0 2rem}
        .hd{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem .75rem;margin:0 0 .8rem}
        .hd>*{margin:0}
        .hd>:last-child:not(:first-child){margin-left:auto}
        section,.box{background:var(--s);border:1px solid var(--line);border-radius:12px;padding:1rem;margin:0 0 1rem}
        .note{display:flex;gap:.7rem;align-items:flex-start;border-left:4px solid currentColor;background:var(--s);border-radius:0 10px 10px 0;padding:.75rem .9rem;margin:0 0 1rem}
        .note>div{color:var(--ink)}
        .note b{font-weight:650}
        .note.al{background:var(--warn)}
        .kpi{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:1px;background:var(--line);padding:0;overflow:hidden}
        .kpi>div{background:var(--s);padding:.8rem 1rem;grid-column:span 2}
        .kpi dt{display:flex;gap:.4rem;align-items:center;font-size:.9375rem;white-space:nowrap}
        .kpi b{font-size:1.75rem;line-height:1.25;letter-spacing:-.02em;font-weight:650}
        .kpi dd small{display:block}
        .kpi .row{grid-column:1/-1}
        .row dl{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 1rem;justify-content:space-between}
        .row b{font-size:1.15rem;letter-spacing:0}
        .row dd{text-align:right}
        .plot{width:100%;height:auto;display:block;overflow:visible}
        .plot text{fill:var(--mut);font-size:11px}
        .plot line{stroke:var(--line)}
        .bo{fill:var(--okb)}.bb{fill:var(--badb)}.bw{fill:var(--waitb)}.bt{fill:var(--tint)}
        .plot path{stroke-width:17.7}
        .so{stroke:var(--okb)}.sb{stroke:var(--badb)}.sw{stroke:var(--waitb)}
        .plot .tip{stroke-width:25.4;pointer-events:stroke}
        .key{display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.875rem;color:var(--mut)}
        .key svg{width:.75rem;height:.75rem;vertical-align:-.08em;margin-right:.35rem}
        table{width:100%;border-collapse:collapse;font-size:.9375rem}
        th{font-weight:600;text-align:left;color:var(--mut);font-size:.8125rem}
        th,td{padding:.45rem .9rem .45rem 0;vertical-align:baseline}
        tr>:last-child{padding-right:0}
        tbody tr{border-top:1px solid var(--line)}
        tbody th{white-space:nowrap}
        .num td,.num thead th+th{text-align:right}
        .bar{width:100%;height:.7rem;display:block;min-width:5rem}
        .bar rect{height:100%}
        summary{cursor:pointer;min-height:2.75rem;display:flex;align-items:center;gap:.5rem;color:var(--link)}
        summary::marker{content:""}
        details{margin-bottom:.35rem}
        summary::before{content:"";width:.4em;height:.4em;border:solid;border-width:0 2px 2px 0;transform:rotate(-45deg);flex:none}
        [open]>summary::before{transform:rotate(45deg)}
        .more{display:flex;justify-content:space-between;align-items:center;gap:.75rem;flex-wrap:wrap}
        .two{display:grid;gap:0 1rem}
        .two>*{min-width:0}
        footer{color:var(--mut);font-size:.875rem;padding-bottom:1.5rem}
        footer .w{display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between}
        @media(min-width:48em){
        .kpi{grid-template-columns:repeat(4,minmax(0,1fr))}.kpi>div{grid-column:span 1}.kpi .half{grid-column:span 2}
        .rate dl{display:block}.rate b{font-size:1.75rem;letter-spacing:-.02em}.kpi .rate{grid-column:span 1}.rate dd{text-align:left}
        header nav{order:1}.brand{flex:none}.find{order:2;flex-basis:9rem}.me{order:3;margin-left:0}
        header .w{column-gap:.9rem}nav a{padding:0 .7rem}.only{display:none}}
        @media(max-width:47.99em){
        header nav{position:fixed;inset:auto 0 0;z-index:5;background:var(--s);border-top:1px solid var(--line);padding-bottom:env(safe-area-inset-bottom)}
        nav li{flex:1}
        nav a{flex-direction:column;gap:0;justify-content:center;min-height:3.5rem;font-size:.8125rem;border-radius:0;padding:0}
        nav a[aria-current]{background:none;color:var(--link)}
        nav svg.i{width:1.5rem;height:1.5rem}
        .find{flex-basis:100%}
        body{padding-bottom:4rem}
        .hide{display:none!important}}
        @media(max-width:23.99em){
        section{padding:1rem .8rem}table{font-size:.8125rem}th{font-size:.75rem}th,td{padding-right:.4rem}
        .kpi>div{padding:.7rem .6rem}.kpi dt{font-size:.875rem;gap:.3rem}.kpi b{font-size:1.5rem}}
        @media print{header nav,.find,.me,.chips,button{display:none!important}}
        @media(min-width:48em) and (max-width:59.99em){.find{order:4;flex-basis:100%}.me{margin-left:auto}}
        @media(min-width:60em){.two{grid-template-columns:minmax(0,5fr) minmax(0,3fr);align-items:start}
        .swap>:first-child{grid-area:1/2}.swap>:last-child{grid-area:1/1}}
        @media(forced-colors:active){[aria-current]{outline:2px solid}}
        """#

    /// What pages have beside the overview: lists, records, bodies, forms and steps. The overview does without it, as its
    /// plot is long.
    static let furtherStyle: StaticString =
        #"""
        .chips{display:flex;gap:.5rem;overflow-x:auto;padding:2px 2px .6rem;margin:0 -1rem .35rem;padding-left:1rem;padding-right:1rem;scrollbar-width:none}
        .chips a{flex:none;display:flex;align-items:center;gap:.4rem;min-height:2.75rem;padding:0 .9rem;border:1px solid var(--line);border-radius:99px;background:var(--s);color:var(--ink)}
        .chips a[aria-current]{background:var(--ink);color:var(--s);border-color:var(--ink)}
        .chips a[aria-current] .mut{color:inherit}
        .chips a[aria-current] svg{color:inherit;--s:var(--ink)}
        .l{padding:0}
        .l td,.l th{padding:.55rem .9rem}
        .l .day th{white-space:normal;background:var(--tint);color:var(--ink);font-size:.875rem;position:sticky;top:0;z-index:1}
        .day div{display:flex;flex-wrap:wrap;gap:0 .9rem}
        .day span{font-weight:400;color:var(--mut)}
        .l .n{max-width:0;width:34%;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
        .l td.s,.l td.t,.l td.r{white-space:nowrap}
        .i a{font-weight:600}
        .facts{display:grid;grid-template-columns:fit-content(42%) 1fr;gap:.5rem 1.25rem}
        .up{display:inline-flex;align-items:center;min-height:2.75rem;margin:-.5rem 0 0}
        .facts dt{color:var(--mut)}
        .facts dd{overflow-wrap:anywhere}
        .sn{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;justify-content:space-between}
        .sn code{font-size:clamp(1.15rem,5.4vw,1.65rem);font-weight:600;letter-spacing:.01em;user-select:all;overflow-wrap:anywhere;line-height:1.25}
        .tl{position:relative;margin-top:.6rem}
        .tl li{position:relative;padding:0 0 1.1rem 2.1rem}
        .tl li:last-child{padding-bottom:0}
        .tl li::before{content:"";position:absolute;left:.62rem;top:1.5rem;bottom:-.2rem;border-left:2px solid var(--line)}
        .tl li:last-child::before{display:none}
        .tl svg.i{position:absolute;left:0;top:.1rem;width:1.3rem;height:1.3rem;background:var(--s)}
        pre{margin:0;padding:.8rem;background:var(--tint);border-radius:8px;overflow-x:auto;font-size:.8125rem;line-height:1.55;white-space:pre-wrap;overflow-wrap:anywhere;tab-size:2}
        pre+p.gap,.gap{margin:1rem 0 .35rem}
        pre i{font-style:normal;color:var(--mut)}
        pre b{font-weight:600}
        mark{background:var(--mark);color:inherit;border-radius:3px;padding:.1em .15em;border-bottom:2px solid var(--bad)}
        .rej li{padding:.75rem 0;border-top:1px solid var(--line)}
        .rej pre{margin-top:.4rem}
        .dates{padding:0 1rem}
        .dates form{padding-bottom:1rem;justify-content:flex-start}
        .in{max-width:25rem;margin:8vh auto 0}
        .in form{display:grid;gap:.9rem}
        .in button{justify-content:center}
        .in .note{background:none;padding:.1rem .9rem;border-radius:0}
        .in input{width:100%}
        .step{margin-top:.9rem;counter-reset:n;display:grid;grid-template-columns:minmax(0,1fr);gap:1rem}
        .step li{position:relative;padding-left:2.4rem;overflow-wrap:anywhere}
        .step li::before{counter-increment:n;content:counter(n);position:absolute;left:0;top:-.1rem;width:1.7rem;height:1.7rem;border-radius:50%;background:var(--tint);text-align:center;line-height:1.7rem;font-weight:600}
        .step .done::before{content:"✓";color:var(--ok)}
        @media(min-width:48em){
        .chips{margin:0 0 .35rem;padding-left:2px}}
        @media(max-width:47.99em){
        .l thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        .l table,.l tbody{display:block}
        .l tr{display:grid;grid-template-columns:1.35rem minmax(0,1fr) auto;gap:.05rem .55rem;padding:.6rem 1rem;position:relative}
        .l tr.day{display:block;padding:0;position:static}
        .l .day th{white-space:normal;display:block;padding:.5rem 1rem}
        .l td{padding:0}
        .l .s{grid-area:1/1}.l .s span{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
        .l .i{grid-area:1/2}.l .i a::after{content:"";position:absolute;inset:0}
        .l .t{grid-area:1/3;color:var(--mut)}
        .l .p{grid-area:2/2;color:var(--mut);font-size:.9375rem}
        .l .r{grid-area:2/3}
        .l .n{grid-area:3/2/4/4;max-width:none;width:auto;font-size:.875rem}
        .facts .full{grid-column:1/-1;margin-top:-.4rem}}
        """#

    /// Makes the buttons that copy, and looks for news every 30 seconds while the page is seen. Everything works
    /// without it.
    static let script: StaticString =
        #"""
        (()=>{let d=document;
        for(let s of d.querySelectorAll('[data-copy]')){let b=d.createElement('button'),t=b.textContent=s.dataset.label;b.type='button';b.className=s.className;b.ariaLive='polite';s.replaceWith(b);
        b.onclick=()=>navigator.clipboard.writeText(d.getElementById(s.dataset.copy).textContent).then(()=>{b.textContent=s.dataset.done;setTimeout(()=>b.textContent=t,2e3)})}
        let p=d.body.dataset.poll;
        if(p)setInterval(()=>{if(d.hidden||d.activeElement.matches('input')||getSelection()+'')return;
        fetch('?baru='+p,{cache:'no-store'}).then(r=>{if(r.status==200)location.reload()},()=>{})},3e4)})()
        """#

    /// `sha256-…` of a text, as a content security policy writes it.
    static func digest(_ text: StaticString) -> String {
        let bytes = Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        return "sha256-" + Base64.encoded(SHA256.digest(bytes))
    }
}
