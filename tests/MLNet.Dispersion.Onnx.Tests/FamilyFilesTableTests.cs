using System.Text;
using MLNet.Dispersion.Tests.Hub;
using MLNet.Dispersion.Tests.Models.Families;
using MLNet.Dispersion.Tests.Support;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>docs/compatibility.md says where each family's files come from and go to, as a run finds it.</summary>
[Trait("Category", "Long")]
public sealed class FamilyFilesTableTests : IAsyncLifetime, IDisposable
{
    private const string Begin = "<!-- families in files: drawn by tests/MLNet.Dispersion.Onnx.Tests/FamilyFilesTableTests.cs -->";
    private const string End = "<!-- end of families in files -->";
    private const double Bound = 1e-4;

    private readonly Scratch _scratch = new();
    private FakeHub _hub = null!;

    public async Task InitializeAsync() => _hub = await FakeHub.StartAsync();

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Page_ShowsWhatARunFinds()
    {
        string file = Path.Combine(Checkout.Folder, "docs", "compatibility.md");
        string page = File.ReadAllText(file).ReplaceLineEndings("\n");
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end > begin, "docs/compatibility.md has no place for the table of families in files.");
        string drawn = Drawn();
        if (Environment.GetEnvironmentVariable("UPDATE_FAMILIES") == "1")
        {
            File.WriteAllText(file, $"{page[..begin]}\n\n{drawn}\n{page[end..]}");
            return;
        }

        Assert.True(page[begin..end].Trim() == drawn.Trim(), $"docs/compatibility.md does not show the families as they are. Run this test with the variable UPDATE_FAMILIES=1 and commit the page. Found:\n{drawn}");
    }

    private string Drawn()
    {
        (string Column, Func<string, bool> Applies, Action<string> Check)[] columns =
        [
            ("hub", _ => true, FromHub),
            ("GGUF in", SmallFamilies.InGguf.ContainsKey, name => ThroughGguf(TypeOf(name), reads: true)),
            ("GGUF out", SmallFamilies.InGguf.ContainsKey, name => ThroughGguf(TypeOf(name), reads: false)),
            ("ONNX", _ => true, name => ThroughOnnx(name, hasPast: false)),
            ("ONNX with past", SmallFamilies.IsDecoder, name => ThroughOnnx(name, hasPast: true)),
        ];
        var text = new StringBuilder($"| `model_type` | {string.Join(" | ", columns.Select(column => column.Column))} |\n|---|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (string type in SmallFamilies.ModelTypes.Order(StringComparer.Ordinal))
        {
            IEnumerable<string> cells = columns.Select(column => !column.Applies(type) ? "-" : SmallFamilies.NamesOf(type).All(name => Works(column.Check, name)) ? "yes" : "no");
            text.Append($"| `{type}` | {string.Join(" | ", cells)} |\n");
        }

        return text.ToString();
    }

    private static string TypeOf(string name) => name.Split(' ')[0];

    private static bool Works(Action<string> check, string name)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        try
        {
            check(name);
            return true;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return false;
        }
    }

    private void FromHub(string name)
    {
        using PretrainedLanguageModel model = Model(name);
        string folder = _scratch.File(Guid.NewGuid().ToString("N")), repository = $"org/{name.Replace(' ', '-')}";
        model.Save(folder);
        var files = new FakeRepository();
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            files.With(Path.GetFileName(file), File.ReadAllBytes(file));
        }

        _hub.Repositories[repository] = files;
        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromHub(repository, options: _hub.Options()));
        Near.Check("states", States(model), States(again), null, 0);
    }

    private void ThroughGguf(string type, bool reads)
    {
        string path = _scratch.File($"{Guid.NewGuid():N}.gguf");
        using PretrainedLanguageModel model = Model(type, SmallFamilies.InGguf[type]);
        model.SaveGguf(path, new() { Type = GgufWeightType.F32 });
        if (reads)
        {
            using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromGguf(path));
            Near.Check("states", States(model), States(again), null, Bound);
        }
    }

    private void ThroughOnnx(string name, bool hasPast)
    {
        string path = _scratch.File(Guid.NewGuid().ToString("N"), "model.onnx");
        using PretrainedLanguageModel model = Model(name);
        model.SaveOnnx(path, new() { HasPast = hasPast });
        using var run = new OnnxRun(path);
        Tensor expected = model.Backbone.IsCausal ? model.Backbone.Logits(States(model)) : States(model);
        if (hasPast)
        {
            var text = new OnnxText(run, 2);
            Near.Check("logits", expected, cat([text.Read(Ids.narrow(1, 0, 7)), text.Read(Ids.narrow(1, 7, 1)), text.Read(Ids.narrow(1, 8, 1))], 1), null, Bound);
        }
        else
        {
            Near.Check("outputs", expected, run.Run(Ids).First().Value, null, Bound);
        }
    }

    private static PretrainedLanguageModel Model(string name, string settings = "") => new(name, SmallFamilies.Backbone(name, settings), TextTokenizer.Load(TinyBackbone.Backbone.Source));

    private static Tensor Ids => tensor([.. Enumerable.Range(4, 18).Select(id => (long)id * 3)], 2, 9);

    private static Tensor States(PretrainedLanguageModel model) => model.Backbone.Forward(Ids, null, HiddenStateSelection.None).LastHiddenState;
}
