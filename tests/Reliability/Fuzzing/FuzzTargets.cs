using System.Data;
using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Reliability.Fuzzing;

/// <summary>Everything that reads what strangers wrote, each as a function of bytes. What a reader documents is caught; whatever else it throws is a finding.</summary>
public static class FuzzTargets
{
    // Made within a target: code that is instrumented runs there alone.
    private static readonly Lazy<SearchSpace> Space = new(() => SearchSpace.Empty.Uniform("x", -1, 1).Integer("epochs", 1, 9, 2).Choice("kind", "plain", "spread").When("kind", "spread", sub => sub.Choice("layers", 1, 2, 3)));

    // A file for each thread: GGUF is read by its path.
    private static readonly ThreadLocal<string> Scratch = new(() => Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"mlnet-dispersion-fuzz-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.gguf"));

    // Behind each other as TrialRows.Columns names them.
    private static readonly Type[] TrialColumns = [typeof(long), typeof(long), typeof(string), typeof(long), typeof(string), typeof(string), typeof(long), typeof(long), typeof(string), typeof(string), typeof(string)];

    private static readonly Action<BinaryReader>[] ModelKinds =
    [
        reader => ClassifierManifest.Read(reader),
        reader => BinaryManifest.Read(reader),
        reader => RegressionManifest.Read(reader),
        reader => MultiLabelManifest.Read(reader),
        reader => TokenManifest.Read(reader),
        reader => EmbeddingManifest.Read(reader),
        reader => RankingManifest.Read(reader),
        reader => AnswerManifest.Read(reader),
        reader => InstructionManifest.Read(reader),
        reader => LanguageModelManifest.Read(reader),
        reader => GeometryManifest.Read(reader),
    ];

    /// <summary>Gets the targets by name.</summary>
    public static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new SortedDictionary<string, Action<byte[]>>(StringComparer.Ordinal)
    {
        ["adapter"] = Adapter,
        ["chat-template"] = ChatTemplateOf,
        ["config"] = bytes => Reading(() => BackboneRegistry.ArchitectureOf(ConfigReader.Parse(bytes, "config.json")).Spec.Validate()),
        ["gguf"] = Gguf,
        ["html-report"] = HtmlReportOf,
        ["manifest"] = bytes => Reading(() => SavedManifest.Find(new Files(new() { [SavedManifest.FileName] = bytes }))),
        ["model-zip"] = ModelZip,
        ["safetensors"] = Safetensors,
        ["study-row"] = bytes => Documented<FormatException, FormatException>(() => ParameterSet.Parse(Text(bytes), Space.Value)),
        ["study-trial"] = StudyTrial,
        ["task-file"] = bytes => Documented<FormatException, FormatException>(() => BenchmarkTemplate.FromJson(Text(bytes))),
        ["tokenizer"] = bytes => Tokenizer(new Files(new() { ["tokenizer.json"] = bytes })),
        ["tokenizer-files"] = bytes => Tokenizer(Files.Bundled(bytes)),
    };

    private static void Adapter(byte[] bytes)
    {
        Reading(() => PeftConfig.Read(new Files(new() { ["adapter_config.json"] = bytes })));
        foreach (string name in Text(bytes).Split('\n'))
        {
            PeftTensorName.Parse(name);
        }
    }

    private static void Safetensors(byte[] bytes) => Reading(() =>
    {
        var reader = new SafetensorsReader(new MemoryStream(bytes), "model.safetensors");
        while (reader.MoveNext() is not null)
        {
        }
    });

    private static void Gguf(byte[] bytes)
    {
        string path = Scratch.Value!;
        File.WriteAllBytes(path, bytes);
        Reading(() =>
        {
            FileSource files = ModelSource.FromGguf(path).Source;
            foreach (string name in new[] { "config.json", "tokenizer.json", "tokenizer_config.json" }.Where(files.Contains))
            {
                files.ReadAllBytes(name);
            }
        });
    }

    private static void Tokenizer(FileSource files) => Reading(() =>
    {
        var tokenizer = TextTokenizer.Load(files);
        try
        {
            tokenizer.Decode(tokenizer.Encode("Hello wörld, 123!  \u4f60\u597d <s>").Ids);
        }
        catch (Exception e) when (e is TokenizationException or TextPatternException)
        {
            // Of the text, which these tokens cannot say.
        }
    });

    private static void ChatTemplateOf(byte[] bytes)
    {
        var limits = new ChatTemplateLimits { MaxSteps = 20_000, MaxOutputLength = 100_000 };
        Documented<ChatTemplateException, ChatTemplateLimitException>(() =>
        {
            ChatTemplate template = ChatTemplate.Parse(Text(bytes), limits: limits);
            template.Render([new("system", "Be brief."), new("user", "Hello!")], new() { AddGenerationPrompt = true });
        });
    }

    private static void ModelZip(byte[] bytes)
    {
        // Below ML.NET's own layer: what stands in Model.key behind ML.NET's header, for each kind of model.
        foreach (Action<BinaryReader> read in ModelKinds)
        {
            using var reader = new BinaryReader(new MemoryStream(bytes));
            Documented<FormatException, ArgumentException>(() => read(reader));
        }
    }

    private static void StudyTrial(byte[] bytes)
    {
        // A line a column; a number where the column holds one, and nothing where it is empty.
        string[] lines = Text(bytes).Split('\n');
        using var table = new DataTable();
        object?[] values = [.. TrialColumns.Select((type, i) =>
        {
            table.Columns.Add($"c{i}", type);
            string line = i < lines.Length ? lines[i] : "";
            return type == typeof(long) ? (long.TryParse(line, CultureInfo.InvariantCulture, out long number) ? (object)number : null) : line.Length > 0 ? line : null;
        })];
        if (values[0] is null || values[1] is null || values[2] is null || values[3] is null)
        {
            return;
        }

        table.Rows.Add(values);
        using DataTableReader row = table.CreateDataReader();
        row.Read();
        Documented<StudyStorageException, StudyStorageException>(() => TrialRows.Read(row, Space.Value));
    }

    private static void HtmlReportOf(byte[] bytes)
    {
        CondensationReport? report = null;
        Documented<FormatException, FormatException>(() => report = CondensationReport.FromJson(Text(bytes)));
        if (report is not null)
        {
            string html = HtmlReport.ToHtml(new HtmlReportContent([report]));
            if (html.Contains("<script>alert", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException("The page holds a script of the report's.");
            }

            report.ToCsv();
        }
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static void Reading(Action read) => Documented<ModelFileException, NotSupportedException>(read);

    private static void Reading(Func<object?> read) => Reading(() => { read(); });

    private static void Documented<T1, T2>(Action read)
        where T1 : Exception
        where T2 : Exception
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is T1 or T2)
        {
            // Said in the reader's documentation.
        }
    }

    /// <summary>Files in memory.</summary>
    private sealed class Files(Dictionary<string, byte[]> files) : FileSource
    {
        private static readonly byte[] Mark = "\n==> "u8.ToArray();

        public override string Name => "fuzz";

        /// <summary>Files behind one another, each with a line of <c>==> NAME</c> before it.</summary>
        public static Files Bundled(byte[] bytes)
        {
            var files = new Dictionary<string, byte[]>();
            ReadOnlySpan<byte> rest = bytes;
            for (int at = rest.IndexOf(Mark); at >= 0; at = rest.IndexOf(Mark))
            {
                rest = rest[(at + Mark.Length)..];
                int line = rest.IndexOf((byte)'\n');
                int end = rest.IndexOf(Mark);
                if (line > 0 && (end < 0 || line < end))
                {
                    files[Encoding.UTF8.GetString(rest[..line])] = rest[(line + 1)..(end < 0 ? rest.Length : end)].ToArray();
                }
            }

            return new Files(files);
        }

        public override bool Contains(string fileName) => files.ContainsKey(fileName);

        public override IEnumerable<string> FileNames() => files.Keys;

        public override void Read(string fileName, Action<Stream> read)
        {
            if (!files.TryGetValue(fileName, out byte[]? bytes))
            {
                throw new ModelFileException(Describe(fileName), "There is no such file.");
            }

            read(new MemoryStream(bytes));
        }
    }
}
