namespace MLNet.Dispersion.Text;

/// <summary>Which names a stretch of a template with names of its own (a loop's body, a macro) speaks of and sets, to find those that are not there when it begins.</summary>
/// <remarks>
/// The reference decides before it renders where each name lives. A name that a stretch sets belongs to it from its beginning: until it is set, what lies within finds it undefined, even where a variable of the
/// template has that name. Not so where the stretch speaks of it before, sets it in some branches only, or where a stretch around it has the name.
/// </remarks>
internal sealed class FrameNames(FrameNames? around)
{
    private readonly List<FrameNames> _inner = [];
    private readonly List<Use> _uses = [];
    private Dictionary<string, bool> _isMissing = new(StringComparer.Ordinal);
    private List<Use>? _branch;

    /// <summary>The names that are undefined when it begins; known after <see cref="Resolve"/>.</summary>
    internal IReadOnlyList<string> Missing { get; private set; } = [];

    /// <summary>A stretch within this one.</summary>
    internal FrameNames Inner()
    {
        var inner = new FrameNames(this);
        _inner.Add(inner);
        return inner;
    }

    /// <summary>Notes that a name is spoken of.</summary>
    internal void Load(string name) => (_branch ?? _uses).Add(new Use(UseKind.Load, name, []));

    /// <summary>Notes that a name is set.</summary>
    internal void Store(string name) => (_branch ?? _uses).Add(new Use(UseKind.Store, name, []));

    /// <summary>Notes that a name has a value from the beginning.</summary>
    internal void Declare(string name) => (_branch ?? _uses).Add(new Use(UseKind.Parameter, name, []));

    /// <summary>Notes what stands in branches of which at most one is taken.</summary>
    internal void Branch(params IReadOnlyList<Use>[] branches) => (_branch ?? _uses).Add(new Use(UseKind.Branches, "", branches));

    /// <summary>Reads something whose uses are noted in a list of their own.</summary>
    internal T Within<T>(List<Use> uses, Func<T> read)
    {
        List<Use>? before = _branch;
        _branch = uses;
        T result = read();
        _branch = before;
        return result;
    }

    /// <summary>Finds what is missing here and further in.</summary>
    internal void Resolve()
    {
        var state = new State(new(StringComparer.Ordinal), new(StringComparer.Ordinal));
        Visit(_uses, state);
        _isMissing = state.IsMissing;
        Missing = [.. _isMissing.Where(entry => entry.Value).Select(entry => entry.Key)];
        foreach (FrameNames inner in _inner)
        {
            inner.Resolve();
        }
    }

    private bool Has(string name) => _isMissing.ContainsKey(name) || (around is not null && around.Has(name));

    private bool IsAround(string name) => around is not null && around.Has(name);

    private void Visit(IReadOnlyList<Use> uses, State state)
    {
        foreach (Use use in uses)
        {
            switch (use.Kind)
            {
                case UseKind.Load:
                    if (!IsAround(use.Name))
                    {
                        state.IsMissing.TryAdd(use.Name, false);
                    }

                    break;
                case UseKind.Branches:
                    VisitBranches(use.Branches, state);
                    break;
                default:
                    state.Stores.Add(use.Name);
                    state.IsMissing.TryAdd(use.Name, use.Kind == UseKind.Store && !IsAround(use.Name));
                    break;
            }
        }
    }

    private void VisitBranches(IReadOnlyList<IReadOnlyList<Use>> branches, State state)
    {
        List<State> states = [.. branches.Select(uses =>
        {
            var copy = new State(new(state.IsMissing, StringComparer.Ordinal), new(state.Stores, StringComparer.Ordinal));
            Visit(uses, copy);
            return copy;
        })];
        string[] partly = [.. states.SelectMany(branch => branch.Stores).Distinct().Where(name => !state.Stores.Contains(name) && states.Exists(branch => !branch.Stores.Contains(name)))];
        foreach (State branch in states)
        {
            foreach ((string name, bool isMissing) in branch.IsMissing)
            {
                state.IsMissing[name] = isMissing;
            }

            state.Stores.UnionWith(branch.Stores);
        }

        foreach (string name in partly)
        {
            state.IsMissing[name] = false;
        }
    }

    /// <summary>The ways in which a name is used.</summary>
    internal enum UseKind
    {
        /// <summary>It is spoken of.</summary>
        Load,

        /// <summary>It is set.</summary>
        Store,

        /// <summary>It has a value from the beginning.</summary>
        Parameter,

        /// <summary>Names are used in branches.</summary>
        Branches,
    }

    /// <summary>A use of a name.</summary>
    internal sealed record Use(UseKind Kind, string Name, IReadOnlyList<IReadOnlyList<Use>> Branches);

    private sealed record State(Dictionary<string, bool> IsMissing, HashSet<string> Stores);
}
