using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Reads one adapter's tensors onto a backbone: all of them, or an exception, before anything of the backbone is touched.</summary>
internal sealed class PeftReading
{
    private const string Weight = ".weight";
    private const string Bias = ".bias";

    /// <summary>The most numbers in one tensor of a head that the base does not have.</summary>
    private const long MostOfHead = 1L << 28;

    /// <summary>Heads that PEFT lists for every adapter of a task, of which a model has one.</summary>
    private static readonly string[] Alternatives = ["classifier", "score"];

    private readonly SafetensorsReader _reader;
    private readonly LanguageBackbone _backbone;
    private readonly PeftConfig _config;
    private readonly LoraOptions _options;
    private readonly string _home;
    private readonly HashSet<string> _linear;
    private readonly Dictionary<string, EmbeddingTable> _tables;
    private readonly Dictionary<string, long[]> _shapes;
    private readonly Dictionary<(string Module, PeftPart Part), SafetensorsEntry> _parts = [];
    private readonly Dictionary<string, (SafetensorsEntry Entry, bool IsTrained)> _whole = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafetensorsEntry> _taskHead = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Plain, PeftPart Part), SafetensorsEntry> _copies = [];
    private readonly List<string> _missing = [];
    private PeftNames _names = new();

    internal PeftReading(SafetensorsReader reader, LanguageBackbone backbone, PeftConfig config)
    {
        (_reader, _backbone, _config, _options) = (reader, backbone, config, config.Options);
        _home = config.BaseName is null ? "Load the adapter onto the base that it was trained on." : $"Load the adapter onto the base that it was trained on: adapter_config.json says {Printable.Name(config.BaseName)}.";
        _shapes = backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.shape, StringComparer.Ordinal);
        _linear = LoraTargets.All(backbone).Select(pair => pair.Name).ToHashSet(StringComparer.Ordinal);
        _tables = LoraTargets.Tables(backbone).ToDictionary(pair => pair.Name, pair => pair.Table, StringComparer.Ordinal);
        if (backbone.TiedHeadName is { } head)
        {
            _linear.Add(head);
            _shapes[head + Weight] = backbone.TokenEmbeddingWeight!.shape;
        }
    }

    /// <summary>Reads the adapter, not attached yet.</summary>
    /// <exception cref="ModelFileException">A tensor is missing, surplus or of another shape, or a setting is not supported.</exception>
    internal LoraAdapter Read()
    {
        foreach (SafetensorsEntry entry in _reader.Entries)
        {
            Sort(entry);
        }

        if (_parts.Count == 0)
        {
            throw new ModelFileException(_reader.File, "There is no matrix of LoRA in it. Save the adapter again.");
        }

        string[] adapted = [.. _parts.Keys.Where(key => key.Part is PeftPart.Down or PeftPart.Up or PeftPart.TableDown or PeftPart.TableUp).Select(key => key.Module).Distinct()];
        CheckTargets(adapted);
        CheckTokens();
        CheckBiases(adapted);
        CheckSavedModules();
        if (_missing.Count > 0)
        {
            throw new ModelFileException(_reader.File, $"{_missing.Count} tensors are missing for adapter_config.json's settings ({Settings()}) and the base's layers ({Printable.FirstTen([.. _missing.Select(name => PeftTensorName.Prefix + name)])}). {_home}");
        }

        CheckTying(adapted);
        return Fill(adapted);
    }

    /// <summary>The module of modules_to_save that a tensor belongs to, the longest name that ends so; null where it belongs to none.</summary>
    internal static string? SavedModule(IReadOnlyList<string>? saved, string tensor)
    {
        for (int point = tensor.LastIndexOf('.'); point > 0; point = tensor.LastIndexOf('.', point - 1))
        {
            string module = tensor[..point];
            if (saved?.Any(name => module.EndsWith(name, StringComparison.Ordinal)) == true)
            {
                return module;
            }
        }

        return null;
    }

    private void Sort(SafetensorsEntry entry)
    {
        PeftTensorName name = PeftTensorName.Parse(entry.Name) ?? throw Wrong(
            entry, $"It is no tensor of LoRA: those are named {PeftTensorName.Prefix}<module>{PeftTensorName.Down}, {PeftTensorName.Prefix}<module>{PeftTensorName.Up} and so on. Save the adapter with PEFT's save_pretrained.");
        if (!SafetensorsTypes.IsFloatingPoint(entry.DataType))
        {
            throw Wrong(entry, $"It holds {SafetensorsTypes.CodeOf(entry.DataType)} numbers; it must hold F32, F16 or BF16. Save the adapter again.");
        }

        switch (name.Part)
        {
            case PeftPart.Whole:
                SortWhole(entry, name);
                break;
            case PeftPart.Copy or PeftPart.Former:
                SortCopy(entry, name);
                break;
            default:
                SortPart(entry, name);
                break;
        }
    }

    private void SortPart(SafetensorsEntry entry, PeftTensorName name)
    {
        string module = Own(name.Module);
        bool isTable = _tables.ContainsKey(module);
        bool fits = name.Part switch
        {
            PeftPart.TableDown or PeftPart.TableUp or PeftPart.Rows => isTable,
            PeftPart.BaseWeight => isTable || _linear.Contains(module),
            _ => _linear.Contains(module),
        };
        if (!fits)
        {
            string what = isTable || _linear.Contains(module) ? $"'{Printable.Name(module)}' of the base, {_backbone.Info.ModelType}, cannot be adapted in this way" : $"The base, {_backbone.Info.ModelType}, has no module '{Printable.Name(module)}' that can be adapted";
            throw Wrong(entry, $"{what}; it has: {LoraTargets.Listing(_backbone)}. {_home}");
        }

        Learn(name.Module, module);
        long[] shape = Shape(entry, name, module);
        if (!entry.Shape.SequenceEqual(shape))
        {
            int rank = _options.RankOf(name.Module);
            string source = rank == _options.Rank ? "r" : "rank_pattern";
            throw Wrong(entry, $"Its shape is {Printable.Shape(entry.Shape)}, but {source} = {rank} and the base's module '{module}' of the shape {Printable.Shape(_shapes[module + Weight])} ask for {Printable.Shape(shape)}. {_home}");
        }

        if (!_parts.TryAdd((module, name.Part), entry))
        {
            throw Twice(entry);
        }
    }

    private long[] Shape(SafetensorsEntry entry, PeftTensorName name, string module)
    {
        long[] weight = _shapes[module + Weight];
        bool inputsFirst = LoraTargets.All(_backbone).FirstOrDefault(pair => pair.Name == module).Layer?.InputsFirst ?? false;
        var (outputs, inputs) = inputsFirst ? (weight[1], weight[0]) : (weight[0], weight[1]);
        int rank = _options.RankOf(name.Module);
        switch (name.Part)
        {
            case PeftPart.Down:
                return [rank, inputs];
            case PeftPart.Up:
                return [outputs, rank];
            case PeftPart.Magnitude when _options.UseDora:
                return [outputs];
            case PeftPart.Magnitude:
                throw Wrong(entry, "It belongs to DoRA, but adapter_config.json's use_dora is false. Save the adapter again.");
            case PeftPart.TableDown or PeftPart.TableUp when _options.UseDora:
                throw _config.Wrong("use_dora", $"is true, and '{Printable.Name(module)}' is a table of embeddings, which is not supported: DoRA is on linear layers. Merge the adapter into its base with PEFT (merge_and_unload) and load the result");
            case PeftPart.TableDown:
                return [rank, weight[0]];
            case PeftPart.TableUp:
                return [weight[1], rank];
            case PeftPart.Rows:
                return [TokensOf(entry, module).Count, weight[1]];
            case PeftPart.BaseWeight:
                return weight;
            case PeftPart.BaseBias when _shapes.TryGetValue(module + Bias, out long[]? bias):
                return bias;
            case PeftPart.BaseBias:
                throw Wrong(entry, $"The base's module '{Printable.Name(module)}' has no bias. {_home}");
            default:
                throw Wrong(entry, "It belongs to lora_bias, which is not supported. Merge the adapter into its base with PEFT (merge_and_unload) and load the result.");
        }
    }

    private void SortWhole(SafetensorsEntry entry, PeftTensorName name)
    {
        string own = _backbone.ParameterName(name.Plain);
        bool isSaved = SavedModule(_options.ModulesToSave, name.Plain) is not null;
        if (!_shapes.TryGetValue(own, out long[]? shape))
        {
            if (!isSaved)
            {
                throw Wrong(entry, $"The base, {_backbone.Info.ModelType}, has no such tensor, and adapter_config.json's modules_to_save does not name its module as a head. {_home}");
            }

            if (entry.Shape.Count is not (1 or 2) || entry.Shape.Any(size => size > MostOfHead) || entry.Shape.Aggregate(1L, (product, size) => product * size) is < 1 or > MostOfHead)
            {
                throw Wrong(entry, $"Its shape {Printable.Shape(entry.Shape)} is not that of a head's layer. Save the adapter again.");
            }

            if (!_taskHead.TryAdd(name.Plain, entry))
            {
                throw Twice(entry);
            }

            return;
        }

        string module = own[..own.LastIndexOf('.')];
        bool isBias = own.EndsWith(Bias, StringComparison.Ordinal) && _options.Bias != LoraBias.None;
        bool isKept = own.EndsWith(Weight, StringComparison.Ordinal) && (module == _backbone.TiedHeadName || IsHeadOrTokens(module));
        if (!isSaved && !isBias && !isKept)
        {
            throw Wrong(entry, "It is a weight of the base, which adapter_config.json's settings bias and modules_to_save do not speak of. Save the adapter again.");
        }

        Learn(name.Module, module);
        if (!entry.Shape.SequenceEqual(shape))
        {
            throw Wrong(entry, $"Its shape is {Printable.Shape(entry.Shape)}, but the base's is {Printable.Shape(shape)}. {_home}");
        }

        if (!_whole.TryAdd(own, (entry, isSaved || isBias)))
        {
            throw Twice(entry);
        }
    }

    private void SortCopy(SafetensorsEntry entry, PeftTensorName name)
    {
        if (SavedModule(_options.ModulesToSave, name.Plain) is null || entry.Shape.Count > 2)
        {
            throw Wrong(entry, "It belongs to a module that is kept whole, which adapter_config.json's modules_to_save does not name. Save the adapter again.");
        }

        if (!_copies.TryAdd((name.Plain, name.Part), entry))
        {
            throw Twice(entry);
        }
    }

    private bool IsHeadOrTokens(string module) =>
        module == NewAdapter.TokenTable(_backbone) || LoraTargets.All(_backbone).Any(pair => pair.Name == module && ReferenceEquals(pair.Layer.Weight, _backbone.OwnHead));

    private string Own(string module) => _backbone.ParameterName(module + Weight)[..^Weight.Length];

    private string InFile(string own) => _names.InFile(own);

    /// <summary>Sees how the file calls the base's modules.</summary>
    private void Learn(string file, string own) => _names = file == own ? _names : PeftNames.Of(file, own);

    private void CheckTargets(string[] adapted)
    {
        foreach (string module in adapted)
        {
            bool isTable = _tables.ContainsKey(module);
            Need(module, isTable ? PeftPart.TableDown : PeftPart.Down, isTable ? PeftTensorName.TableDown : PeftTensorName.Down);
            Need(module, isTable ? PeftPart.TableUp : PeftPart.Up, isTable ? PeftTensorName.TableUp : PeftTensorName.Up);
            if (_options.UseDora && !isTable)
            {
                Need(module, PeftPart.Magnitude, PeftTensorName.Magnitude);
            }
        }

        if (_parts.Keys.FirstOrDefault(key => key.Part != PeftPart.Rows && !adapted.Contains(key.Module)) is { Module: { } alone } key)
        {
            throw Wrong(_parts[key], $"There is no matrix of LoRA for '{Printable.Name(alone)}' beside it. Save the adapter again.");
        }

        TargetRule rule = _config.Targets;
        string[] modules = [.. LoraTargets.Modules(_backbone)];
        if (rule.Names?.FirstOrDefault(name => !modules.Any(module => TargetRule.IsEndOf(name, InFile(module)))) is { } unknown)
        {
            throw new ModelFileException(_reader.File, $"adapter_config.json's target_modules name '{Printable.Name(unknown)}', which the base, {_backbone.Info.ModelType}, does not have; it has: {LoraTargets.Listing(_backbone)}. {_home}");
        }

        if (Array.Find(adapted, module => rule.IsGiven && !rule.Includes(InFile(module))) is { } surplus)
        {
            throw Wrong(_parts.First(part => part.Key.Module == surplus).Value, $"adapter_config.json leaves its module out (target_modules, exclude_modules, layers_to_transform), so that the two contradict each other. Save the adapter again.");
        }

        foreach (string module in modules.Where(module => rule.IsGiven && !adapted.Contains(module) && rule.Includes(InFile(module))))
        {
            bool isTable = _tables.ContainsKey(module);
            _missing.Add(InFile(module) + (isTable ? PeftTensorName.TableDown : PeftTensorName.Down));
            _missing.Add(InFile(module) + (isTable ? PeftTensorName.TableUp : PeftTensorName.Up));
        }
    }

    private void CheckTokens()
    {
        foreach (var (name, ids) in _config.Tokens)
        {
            string? module = name.Length == 0 ? NewAdapter.TokenTable(_backbone) : _tables.Keys.FirstOrDefault(table => TargetRule.IsEndOf(name, InFile(table)));
            if (module is null)
            {
                throw _config.Wrong("trainable_token_indices", $"names '{Printable.Name(name)}', which is no table of embeddings of the base, {_backbone.Info.ModelType}; it has: {string.Join(", ", _tables.Keys)}. {_home}");
            }

            long rows = _tables[module].Weight.shape[0];
            if (ids.Any(id => id >= rows))
            {
                throw _config.Wrong("trainable_token_indices", $"holds the id {ids.Max()}, but the base's vocabulary ends at {rows - 1}. {_home}");
            }

            Need(module, PeftPart.Rows, PeftTensorName.Rows);
        }
    }

    private IReadOnlyList<int> TokensOf(SafetensorsEntry entry, string module)
    {
        foreach (var (name, ids) in _config.Tokens)
        {
            if (name.Length == 0 ? module == NewAdapter.TokenTable(_backbone) : TargetRule.IsEndOf(name, module))
            {
                return ids;
            }
        }

        throw Wrong(entry, "It holds rows of single tokens, but adapter_config.json's trainable_token_indices does not say of which. Save the adapter again.");
    }

    private void CheckBiases(string[] adapted)
    {
        foreach (string bias in _shapes.Keys.Where(name => name.EndsWith(Bias, StringComparison.Ordinal)))
        {
            string module = bias[..^Bias.Length];
            bool isAdapted = adapted.Contains(module);
            bool isExpected = _options.Bias == LoraBias.All || (_options.Bias == LoraBias.LoraOnly && isAdapted);
            if (isExpected && !_parts.ContainsKey((module, PeftPart.BaseBias)) && !_whole.ContainsKey(bias))
            {
                _missing.Add(InFile(module) + (isAdapted ? PeftTensorName.BaseBias : Bias));
            }
        }

        foreach (var ((module, part), entry) in _parts.Where(pair => pair.Key.Part == PeftPart.BaseBias))
        {
            if (_options.Bias == LoraBias.None)
            {
                throw Wrong(entry, "It is a bias, but adapter_config.json's bias is none. Save the adapter again.");
            }

            if (!_whole.TryAdd(module + Bias, (entry, true)))
            {
                throw Twice(entry);
            }
        }
    }

    private void CheckSavedModules()
    {
        foreach (string name in _options.ModulesToSave ?? [])
        {
            string[] modules = [.. _backbone.named_modules().Select(pair => pair.name).Concat(_backbone.TiedHeadName is { } head ? [head] : (string[])[]).Where(module => module.Length > 0 && InFile(module).EndsWith(name, StringComparison.Ordinal))];
            _missing.AddRange(_shapes.Keys.Where(key => modules.Any(module => key.StartsWith(module + ".", StringComparison.Ordinal)) && !_whole.ContainsKey(key)).Select(InFile));
            bool isThere = modules.Length > 0 || Has(name) || (Alternatives.Contains(name) && Alternatives.Any(Has));
            if (!isThere)
            {
                throw _config.Wrong("modules_to_save", $"names '{Printable.Name(name)}', of which there is no tensor in {_reader.File}, nor is it a module of the base, {_backbone.Info.ModelType}. {_home}");
            }
        }

        foreach (var ((plain, part), entry) in _copies)
        {
            long[]? shape = _taskHead.TryGetValue(plain, out SafetensorsEntry? kept) ? [.. kept.Shape] : _shapes.GetValueOrDefault(_backbone.ParameterName(plain));
            if (shape is null || !entry.Shape.SequenceEqual(shape))
            {
                throw Wrong(entry, $"It belongs to {Printable.Name(plain)}, which is not in the file, or of another shape than {Printable.Shape(entry.Shape)}. Save the adapter again.");
            }
        }

        bool Has(string name) => _taskHead.Keys.Any(key => SavedModule([name], key) is not null);
    }

    private void CheckTying(string[] adapted)
    {
        if (_backbone.TiedHeadName is not { } head)
        {
            return;
        }

        if (_config.KeepsTied)
        {
            throw _config.Wrong("ensure_weight_tying", "is true, which is not supported: a head that is tied to the embedding is parted from it where an adapter changes one of the two. Merge the adapter into its base with PEFT (merge_and_unload) and load the result");
        }

        if (_parts.Keys.Any(key => key.Part == PeftPart.Rows) && (adapted.Contains(head) || _whole.ContainsKey(head + Weight)))
        {
            throw _config.Wrong("trainable_token_indices", "changes a head that is tied to the embedding and that the adapter replaces or adapts as well, which is not supported. Merge the adapter into its base with PEFT (merge_and_unload) and load the result");
        }

        // Embeddings that PEFT wrote without being told to train them (save_embedding_layers): the two are one, and were read as one.
        if (_whole.TryGetValue(head + Weight, out var kept) && !kept.IsTrained && !_whole.ContainsKey(NewAdapter.TokenTable(_backbone) + Weight))
        {
            throw Wrong(kept.Entry, "The base ties its head to the embedding, of which there is no tensor beside it. Save the adapter again.");
        }
    }

    private LoraAdapter Fill(string[] adapted)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Device device = _backbone.TokenEmbeddingWeight?.device ?? _backbone.parameters().First().device;
        var values = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        while (_reader.MoveNext() is { } entry)
        {
            values[entry.Name] = _reader.Read(ScalarType.Float32).to(device);
            FiniteWeights.Require(values[entry.Name], _reader.File, entry.Name);
        }

        CheckCopies(values);
        CheckTiedCopy(values);
        string[] parted = [.. adapted, .. _whole.Where(pair => pair.Value.IsTrained && pair.Key.EndsWith(Weight, StringComparison.Ordinal)).Select(pair => pair.Key[..^Weight.Length])];
        ProjectionLayer? head = NewAdapter.HeadFor(_backbone, parted);
        var parameters = NewAdapter.Parameters(_backbone, head).ToDictionary(pair => pair.Name, pair => pair.Parameter, StringComparer.Ordinal);
        AdaptedModule[] modules = [.. NewAdapter.Layers(_backbone, head).Where(pair => adapted.Contains(pair.Name)).Select(pair => Module(pair.Name, pair.Layer, values))];
        AdaptedTable[] tables = [.. _tables.Where(pair => _parts.ContainsKey((pair.Key, PeftPart.TableDown)) || _parts.ContainsKey((pair.Key, PeftPart.Rows))).Select(pair => Table(pair.Key, pair.Value, values))];
        var replaced = new List<ReplacedWeight>();
        foreach (var (name, (entry, isTrained)) in _whole.Where(pair => parameters.ContainsKey(pair.Key)))
        {
            replaced.Add(new ReplacedWeight(name, parameters[name], isTrained) { Value = values[entry.Name].clone().DetachFromDisposeScope() });
        }

        foreach (var ((module, _), entry) in _parts.Where(pair => pair.Key.Part == PeftPart.BaseWeight))
        {
            // PEFT writes the base's weights of adapted embeddings and heads; mostly they are the base's indeed.
            if (Differ(values[entry.Name], parameters[module + Weight]))
            {
                replaced.Add(new ReplacedWeight(module + Weight, parameters[module + Weight], IsTrained: false) { Value = values[entry.Name].clone().DetachFromDisposeScope() });
            }
        }

        Complete([.. adapted, .. tables.Where(table => table.Update is TokenRows).Select(table => table.Name)], adapted);
        return new LoraAdapter(_backbone, _options, modules, new AdapterExtras { Tables = tables, Replaced = replaced, Head = head, TaskHead = TaskHead(values), Names = _names, Config = _config.Json });
    }

    /// <summary>Writes into the options which modules are meant.</summary>
    private void Complete(string[] modules, string[] adapted)
    {
        IReadOnlyList<string>? names = _config.Targets.IsPlainList ? [.. _config.Targets.Names!.Order(StringComparer.Ordinal)] : null;
        bool suffices = names is not null && LoraTargets.Missing(_backbone, names) is null && LoraTargets.Select(_backbone, names).ToHashSet().SetEquals(adapted);
        _options.TargetModules = suffices ? names : adapted.Length > 0 ? adapted : modules;
    }

    private AdaptedModule Module(string name, IAdaptable layer, Dictionary<string, Tensor> values)
    {
        double scale = _options.ScaleOf(InFile(name));
        Tensor down = Value(PeftPart.Down);
        Tensor up = Value(PeftPart.Up);
        return new AdaptedModule(name, layer, _options.UseDora
            ? new LowRankUpdate(_backbone.Context, down, up, scale, _options.Dropout, Value(PeftPart.Magnitude), layer)
            : new LowRankUpdate(_backbone.Context, down, up, scale, _options.Dropout));

        Tensor Value(PeftPart part) => values[_parts[(name, part)].Name];
    }

    private AdaptedTable Table(string name, EmbeddingTable table, Dictionary<string, Tensor> values)
    {
        if (_parts.TryGetValue((name, PeftPart.Rows), out SafetensorsEntry? rows))
        {
            return _parts.ContainsKey((name, PeftPart.TableDown))
                ? throw Wrong(rows, "The same table is adapted by lora_embedding_A, too, which is not supported. Merge the adapter into its base with PEFT (merge_and_unload) and load the result.")
                : new AdaptedTable(name, table, new TokenRows(TokensOf(rows, name), values[rows.Name], table.Weight.shape[0]));
        }

        Tensor down = values[_parts[(name, PeftPart.TableDown)].Name];
        Tensor up = values[_parts[(name, PeftPart.TableUp)].Name];
        return new AdaptedTable(name, table, new LowRankTableUpdate(down, up, _options.ScaleOf(InFile(name))));
    }

    private SavedHead? TaskHead(Dictionary<string, Tensor> values)
    {
        if (_taskHead.Count == 0)
        {
            return null;
        }

        var head = new SavedHead();
        foreach (var (name, entry) in _taskHead)
        {
            head.Add(name, values[entry.Name]);
            if (_copies.TryGetValue((name, PeftPart.Former), out SafetensorsEntry? former))
            {
                head.AddFormer(name, values[former.Name]);
            }
        }

        return head;
    }

    /// <summary>The copies of what is kept whole must be copies.</summary>
    private void CheckCopies(Dictionary<string, Tensor> values)
    {
        foreach (var ((plain, _), entry) in _copies.Where(pair => pair.Key.Part == PeftPart.Copy))
        {
            string kept = _taskHead.TryGetValue(plain, out SafetensorsEntry? ofHead) ? ofHead.Name : _whole[_backbone.ParameterName(plain)].Entry.Name;
            if (Differ(values[entry.Name], values[kept]))
            {
                throw Wrong(entry, $"It differs from {Printable.Name(kept)}, of which it must be a copy. Save the adapter again.");
            }
        }
    }

    private void CheckTiedCopy(Dictionary<string, Tensor> values)
    {
        if (_backbone.TiedHeadName is not { } head || !_whole.TryGetValue(head + Weight, out var kept) || kept.IsTrained)
        {
            return;
        }

        if (Differ(values[kept.Entry.Name], values[_whole[NewAdapter.TokenTable(_backbone) + Weight].Entry.Name]))
        {
            throw Wrong(kept.Entry, "It differs from the embedding, to which the base ties it, and adapter_config.json's modules_to_save does not part the two. Save the adapter again.");
        }
    }

    /// <summary>The settings that say which tensors there must be.</summary>
    private string Settings()
    {
        (string Name, bool IsInForce)[] settings =
        [
            ("target_modules", true), ("use_dora", _options.UseDora), ("bias", _options.Bias != LoraBias.None), ("modules_to_save", _options.ModulesToSave is not null), ("trainable_token_indices", _config.Tokens.Count > 0),
        ];
        return string.Join(", ", settings.Where(setting => setting.IsInForce).Select(setting => setting.Name));
    }

    private static bool Differ(Tensor left, Tensor right) => left.ne(right).any().item<bool>();

    private void Need(string module, PeftPart part, string ending)
    {
        if (!_parts.ContainsKey((module, part)))
        {
            _missing.Add(InFile(module) + ending);
        }
    }

    private ModelFileException Wrong(SafetensorsEntry entry, string problem) => new(_reader.File, problem, Printable.Name(entry.Name));

    private ModelFileException Twice(SafetensorsEntry entry) => Wrong(entry, "It is there twice, under different names. Save the adapter again.");
}
