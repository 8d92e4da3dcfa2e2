using System.Diagnostics;

namespace MLNet.Dispersion.Tests.Chat;

/// <summary>Templates that mean harm: each ends soon, in the documented exception.</summary>
public sealed class HostileTemplateTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    public static TheoryData<string, string> Greedy() => new()
    {
        // Endless loops of short ones.
        { "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}", "MaxSteps" },
        { "{% for a in range(99999) %}{% for b in range(99999) if b < 0 %}{% endfor %}{% endfor %}", "MaxSteps" },
        { "{% for a in range(100000) %}{{ range(100000) | list | length }}{% endfor %}", "MaxSteps" },
        { "{% for a in range(100000) %}{{ range(100000) | map('string') | join | length }}{% endfor %}", "MaxSteps" },
        { "{% for a in range(100000) %}{{ range(100000) | sort(reverse=true) | first }}{% endfor %}", "MaxSteps" },
        { "{% for a in range(100000) %}{{ 99999 in range(100000) }}{% endfor %}", "MaxSteps" },
        { "{% for a in range(100000) %}{{ range(100000) == range(0, 100000) | list }}{% set l = range(100000) | list %}{{ l == l[:] }}{% endfor %}", "MaxSteps" },
        { "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "MaxDepth" },
        // Texts and lists that grow by multiplication.
        { "{{ 'a' * 99999999999 }}", "MaxOutputLength" },
        { "{{ 99999999999999999999999 * 'ab' }}", "MaxOutputLength" },
        { "{{ [0] * 99999999999 }}", "MaxSteps" },
        { "{{ (1, 2) * 999999999999999999999 }}", "MaxSteps" },
        { "{% set ns = namespace(t='0123456789') %}{% for i in range(100) %}{% set ns.t = ns.t + ns.t %}{% endfor %}", "MaxOutputLength" },
        { "{% set ns = namespace(t=[1]) %}{% for i in range(100) %}{% set ns.t = ns.t + ns.t %}{% endfor %}", "MaxSteps" },
        { "{% set ns = namespace(t='a') %}{% for i in range(30) %}{% set ns.t = ns.t.replace('a', 'aaaa') %}{% endfor %}", "MaxOutputLength" },
        { "{% set t = 'a' * 4000000 %}{% for i in range(1000) %}{{ t | upper | length }}{% endfor %}", "MaxTextWritten" },
        { "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}{% set ns.l = ns.l + ['a' * 4000000 ~ i] %}{% endfor %}", "MaxTextWritten" },
        { "{% for i in range(100000) %}{{ 'a' * 1000 }}{% endfor %}", "MaxOutputLength" },
        { "{% for i in range(100000) %}{% set x %}{{ 'a' * 100000 }}{% endset %}{% endfor %}", "MaxTextWritten" },
        // Widths, indents, precisions.
        { "{{ 'a'.center(999999999) }}", "MaxOutputLength" },
        { "{{ 'a'.ljust(999999999999999999999) }}", "MaxOutputLength" },
        { "{{ 'a'.zfill(999999999) }}", "MaxOutputLength" },
        { "{{ 'a\tb'.expandtabs(999999999) }}", "MaxOutputLength" },
        { "{{ 'a\nb' | indent(999999999) }}", "MaxOutputLength" },
        { "{{ [1] | tojson(indent=999999999) }}", "MaxOutputLength" },
        { "{{ 'a' | center(999999999) }}", "MaxOutputLength" },
        { "{{ '%999999999d' % 1 }}", "MaxOutputLength" },
        { "{{ '%99999999999999999s' % 1 }}", "MaxOutputLength" },
        { "{{ '%.999999999f' % 1.5 }}", "precision" },
        { "{{ '%*d' % (999999999, 1) }}", "MaxOutputLength" },
        { "{{ '{:999999999}'.format(1) }}", "MaxOutputLength" },
        { "{{ '{:0999999999,}'.format(1) }}", "MaxOutputLength" },
        { "{{ '{:.999999999}'.format(1.5) }}", "precision" },
        { "{{ [1] | batch(99999999999, 0) | list }}", "MaxSteps" },
        { "{{ [1] | slice(99999999999) | list }}", "MaxSteps" },
        { "{{ range(100001) }}", "range" },
        { "{{ range(-9999999999999999999999, 9999999999999999999999999) | length }}", "range" },
        // Numbers.
        { "{{ 10 ** 10000000 }}", "MaxIntegerBits" },
        { "{{ 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 99 }}", "MaxIntegerBits" },
        { "{% set ns = namespace(n=3) %}{% for i in range(1000) %}{% set ns.n = ns.n * ns.n %}{% endfor %}", "MaxIntegerBits" },
        { "{{ ('9' * 1000000) | int }}", "MaxIntegerBits" },
        { "{% for i in range(100000) %}{% set x = (10 ** 4000) // (10 ** 2000 + 1) %}{% endfor %}", "MaxSteps" },
        { "{% set n = 10 ** 4200 %}{% for i in range(100000) %}{% set x = n | string | length %}{% endfor %}", "MaxSteps" },
        { "{% set n = 10 ** 4200 %}{% for i in range(100000) %}{% set x = n | tojson | length %}{% endfor %}", "MaxSteps" },
        { "{% set n = 10 ** 4200 %}{% for i in range(100000) %}{% set x = '{:b}'.format(n) | length %}{% endfor %}", "MaxSteps" },

        // Depth: calls, values within values, filters that draw on one another.
        { "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "MaxDepth" },
        { "{% macro f(x) %}{% call f(x) %}{{ caller() }}{% endcall %}{% endmacro %}{{ f(1) }}", "MaxDepth" },
        { "{% macro f(x) %}{{ g(x) }}{% endmacro %}{% macro g(x) %}{% for y in x %}{{ f(x) }}{% endfor %}{% endmacro %}{{ f([1]) }}", "MaxDepth" },
        { "{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}", "MaxDepth" },
        { "{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l | tojson }}", "MaxDepth" },
        { "{% set ns = namespace(l=[], m=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% set ns.m = [ns.m] %}{% endfor %}{{ ns.l == ns.m }}", "MaxDepth" },
        { "{% set ns = namespace(l=(), m=()) %}{% for i in range(100000) %}{% set ns.l = (ns.l,) %}{% endfor %}{{ {ns.l: 1} }}", "MaxDepth" },
        { "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", "MaxDepth" },
        { "{% set ns = namespace(l=[1]) %}{% for i in range(100000) %}{% set ns.l = ns.l | map('string') %}{% endfor %}{{ ns.l | list }}", "MaxDepth" },
        // Values that hold one another many times.
        { "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}", "MaxOutputLength" },
        { "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}", "MaxOutputLength" },
        { "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}", "MaxSteps" },
        { "{% set ns = namespace(l=(1,)) %}{% for i in range(60) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ {ns.l: 1} }}", "MaxSteps" },
    };

    [Theory]
    [InlineData("{{ 1 ", "is not ", "}}")]
    [InlineData("{{ 1", " | nothing", " }}")]
    [InlineData("{{ 1 | a", ".a", " }}")]
    [InlineData("{{ 1 is a", ".a", " }}")]
    public void Parse_ManyUnknownNames_EndsSoonInOurException(string begin, string part, string end)
    {
        var watch = Stopwatch.StartNew();

        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(begin + string.Concat(Enumerable.Repeat(part, 200_000)) + end));

        Assert.True(watch.Elapsed < Soon, $"{watch.Elapsed}");
    }

    [Theory]
    [MemberData(nameof(Greedy))]
    public void Render_GreedyTemplate_EndsSoonAtItsLimit(string template, string limit)
    {
        var watch = Stopwatch.StartNew();

        // The limit of interest alone, since several may be near.
        var error = Assert.Throws<ChatTemplateLimitException>(() => Snippet.Render(template, limits: new() { MaxSteps = limit == "MaxSteps" ? 1_000_000 : 1_000_000_000 }));

        Assert.Equal(limit, error.Limit);
        Assert.True(watch.Elapsed < Soon, $"It took {watch.Elapsed}.");
        Assert.InRange(error.Line, 1, int.MaxValue);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("{1:", "}")]
    [InlineData("-", "")]
    [InlineData("not ", "")]
    [InlineData("a[", "]")]
    [InlineData("a(", ")")]
    [InlineData("1 if 1 else ", "")]
    [InlineData("a|default(", ")")]
    public void Parse_DeepExpression_IsRefusedAtTheLimit(string open, string close)
    {
        string template = "{{ " + string.Concat(Enumerable.Repeat(open, 50_000)) + "1" + string.Concat(Enumerable.Repeat(close, 50_000)) + " }}";

        Assert.Equal("MaxDepth", Assert.Throws<ChatTemplateLimitException>(() => ChatTemplate.Parse(template)).Limit);
    }

    [Theory]
    [InlineData("{% if 1 %}", "{% endif %}")]
    [InlineData("{% for x in y %}", "{% endfor %}")]
    [InlineData("{% macro f() %}", "{% endmacro %}")]
    [InlineData("{% set x %}", "{% endset %}")]
    [InlineData("{% generation %}", "{% endgeneration %}")]
    public void Parse_DeepBlocks_AreRefusedAtTheLimit(string open, string close)
    {
        string template = string.Concat(Enumerable.Repeat(open, 20_000)) + string.Concat(Enumerable.Repeat(close, 20_000));

        Assert.Equal("MaxDepth", Assert.Throws<ChatTemplateLimitException>(() => ChatTemplate.Parse(template)).Limit);
    }

    [Theory]
    [InlineData(" + 1", "50001")]
    [InlineData(" ~ ''", "1")]
    [InlineData(" and 1", "1")]
    [InlineData(" * 1", "1")]
    public void Render_LongChain_IsNoDepth(string link, string expected) =>
        Assert.Equal(expected, Snippet.Render("{{ 1" + string.Concat(Enumerable.Repeat(link, 50_000)) + " }}").Text);

    [Theory]
    [InlineData(".x")]
    [InlineData("|default('')")]
    [InlineData("[0]")]
    public void Render_LongPostfix_EndsInAnAnswerOrTheLimit(string link)
    {
        // 100,000 links nest in the tree: they may not overflow the stack.
        string template = "{{ ''" + string.Concat(Enumerable.Repeat(link, 100_000)) + " }}";

        Exception? error = Record.Exception(() => Snippet.Render(template));

        Assert.True(error is null or ChatTemplateException, $"{error}");
    }

    [Fact]
    public void Render_DeepMacrosOnASmallStack_EndInTheLimit()
    {
        Exception? seen = null;
        var thread = new Thread(
            () => seen = Record.Exception(() => Snippet.Render("{% macro f(n) %}{% if n %}{% for x in [1] %}{% if x %}{{ [f(n - 1)] | join }}{% endif %}{% endfor %}{% endif %}{% endmacro %}{{ f(100000) }}", limits: new() { MaxDepth = 1_000_000 })),
            256 * 1024);
        thread.Start();
        thread.Join();

        Assert.Equal("MaxDepth", Assert.IsType<ChatTemplateLimitException>(seen).Limit);
    }

    [Theory]
    [InlineData("{{ ('a' * 4000000) in ('a' * 8000000 ~ 'b') }}", "True")]
    [InlineData("{{ ('a' * 2000000 ~ 'b') in ('a' * 8000000) }}", "False")]
    [InlineData("{{ ('a' * 2000000 ~ 'b' ~ 'a' * 2000000) in ('a' * 8000000) }}", "False")]
    [InlineData("{{ ('a' * 8000000).rfind('b' ~ 'a' * 3000000) }}", "-1")]
    [InlineData("{{ ('a' * 1000000).split('a' * 100) | length }}", "10001")]
    [InlineData("{% set t = '\U0001f600' * 20000 %}{% set ns = namespace(n=0) %}{% for i in range(20000) %}{% if t[i] == t[-1] %}{% set ns.n = ns.n + 1 %}{% endif %}{% endfor %}{{ ns.n }}", "20000")]
    [InlineData("{% set ns = namespace(t='') %}{% for i in range(90000) %}{% set ns.t = ns.t ~ 'abcdefghij' %}{% endfor %}{{ ns.t | length }}", "900000")]
    [InlineData("{% set ns = namespace(t=[]) %}{% for i in range(90000) %}{% set ns.t = ns.t + [i] %}{% endfor %}{{ ns.t | length }}", "90000")]
    [InlineData("{% set ns = namespace(t=range(90000) | list) %}{% for i in range(90000) %}{% set ns.t = ns.t[1:] %}{% endfor %}{{ ns.t | length }}", "0")]
    [InlineData("{{ ('-' * 1000000) | wordwrap(20) | length }}", "1049999")]
    [InlineData("{{ (\"\u03a3'\" * 300000) | lower | length }}", "600000")]
    public void Render_WorkThatCouldBeQuadratic_IsNot(string template, string expected)
    {
        var watch = Stopwatch.StartNew();

        Assert.Equal(expected, Snippet.Render(template).Text);

        Assert.True(watch.Elapsed < Soon, $"It took {watch.Elapsed}.");
    }

    [Theory]
    [InlineData("{{ ''.__class__.__mro__ }}")]
    [InlineData("{{ [].append(1) }}")]
    [InlineData("{{ {}.update({1: 2}) }}")]
    [InlineData("{{ namespace.__init__.__globals__ }}")]
    [InlineData("{{ range.__self__.x }}")]
    [InlineData("{{ '{0.__class__.__mro__}'.format('') }}")]
    [InlineData("{{ ''|attr('__class__')|attr('__mro__') ~ x.y }}")]
    public void Render_WayOutOfTheSandbox_IsClosed(string template) => Assert.Throws<ChatTemplateException>(() => Snippet.Render(template));

    [Fact]
    public void Parse_SourceBeyondTheLimit_IsRefused() =>
        Assert.Equal("MaxSourceLength", Assert.Throws<ChatTemplateLimitException>(() => ChatTemplate.Parse(new string('a', 101), limits: new() { MaxSourceLength = 100 })).Limit);

    [Fact]
    public void Render_Cancelled_Ends()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(() => ChatTemplate.Parse("{% for a in range(99999) %}{% endfor %}").Render([new("user", "x")], cancellationToken: cancelled.Token));
    }

    [Fact]
    public void Limits_BelowOne_AreRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => ChatTemplate.Parse("", limits: new() { MaxSteps = 0 }));

    [Fact]
    public void Parse_CutAtEveryPlace_GivesATemplateOrARefusal()
    {
        const string Template = "{%- set a = [1, 'x\\n', {\"k\": -2.5e3}] -%}{% for x, y in a.items() if not x is none recursive %}{{- x|join(', ', attribute='b')[1:-1] ~ loop.index -}}{% else %}{# c #}{% endfor %}{% macro f(a, b=1) %}{{ caller() }}{% endmacro %}{% raw %}{{{% endraw %}";
        for (int length = 0; length <= Template.Length; length++)
        {
            string cut = Template[..length];
            Exception? error = Record.Exception(() => ChatTemplate.Parse(cut));
            Assert.True(error is null or ChatTemplateException, $"{cut}: {error}");
        }
    }
}
