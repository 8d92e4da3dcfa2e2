using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Studies;

/// <summary>The parameters that a study varies, in order. Immutable and thread-safe: each method returns another space.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion.Studies;
///
/// SearchSpace space = SearchSpace.Empty
///     .LogUniform("rate", 1e-5, 1e-2)
///     .Choice("dispersion", true, false)
///     .When("dispersion", true, sub => sub.LogUniform("coefficient", 0.01, 1));
/// </code>
/// </example>
public sealed class SearchSpace
{
    private SearchSpace(IReadOnlyList<SearchParameter> parameters) => Parameters = parameters;

    /// <summary>Gets a space without a parameter: where a space begins. A study refuses it.</summary>
    public static SearchSpace Empty { get; } = new([]);

    /// <summary>Gets the parameters; a conditional one comes after the one it depends on.</summary>
    public IReadOnlyList<SearchParameter> Parameters { get; }

    /// <summary>Adds a number between two bounds, both included.</summary>
    /// <param name="name">Its name, new in the space.</param>
    /// <param name="low">The least value.</param>
    /// <param name="high">The largest value, above it.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, or the bounds are the wrong way round or not finite.</exception>
    public SearchSpace Uniform(string name, double low, double high) => With(new UniformParameter(name, low, high));

    /// <summary>Adds a number between two bounds above 0, both included, whose logarithm is uniform.</summary>
    /// <param name="name">Its name, new in the space.</param>
    /// <param name="low">The least value, above 0.</param>
    /// <param name="high">The largest value, above it.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, or the bounds are the wrong way round, not finite or not positive.</exception>
    public SearchSpace LogUniform(string name, double low, double high) => With(new LogUniformParameter(name, low, high));

    /// <summary>Adds an integer between two bounds, both included.</summary>
    /// <param name="name">Its name, new in the space.</param>
    /// <param name="low">The least value.</param>
    /// <param name="high">The largest value, above it.</param>
    /// <param name="step">What lies between neighbouring values; default 1.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, the bounds are the wrong way round, or the step is below 1 or above their distance.</exception>
    public SearchSpace Integer(string name, int low, int high, int step = 1) => With(new IntegerParameter(name, low, high, step, isLogarithmic: false));

    /// <summary>Adds an integer between two bounds above 0, both included, whose logarithm is uniform.</summary>
    /// <param name="name">Its name, new in the space.</param>
    /// <param name="low">The least value, above 0.</param>
    /// <param name="high">The largest value, above it.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, or the bounds are the wrong way round or not positive.</exception>
    public SearchSpace LogInteger(string name, int low, int high) => With(new IntegerParameter(name, low, high, 1, isLogarithmic: true));

    /// <summary>Adds a choice among values without an order.</summary>
    /// <param name="name">Its name, new in the space.</param>
    /// <param name="values">At least two different numbers, truth values, words or enum members.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, there are fewer than two values, one appears twice, or one has another type.</exception>
    public SearchSpace Choice(string name, params object[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return With(new ChoiceParameter(name, values));
    }

    /// <summary>Adds parameters that take part only where another has a value.</summary>
    /// <param name="parent">The other parameter: an integer or a choice.</param>
    /// <param name="value">The value.</param>
    /// <param name="sub">Adds the parameters to the space that it is given; conditions may be nested.</param>
    /// <exception cref="ArgumentException">There is no such parameter, it cannot have the value, or nothing was added.</exception>
    public SearchSpace When(string parent, object value, Func<SearchSpace, SearchSpace> sub) => When(parent, [value], sub);

    /// <summary>Adds parameters that take part only where another has one of some values.</summary>
    /// <param name="parent">The other parameter: an integer or a choice.</param>
    /// <param name="values">The values, at least one.</param>
    /// <param name="sub">Adds the parameters to the space that it is given; conditions may be nested.</param>
    /// <exception cref="ArgumentException">There is no such parameter, it cannot have a value of them, or nothing was added.</exception>
    public SearchSpace When(string parent, IReadOnlyList<object> values, Func<SearchSpace, SearchSpace> sub)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(sub);
        SearchParameter condition = this[parent];
        object[] normalised = [.. values.Select(value => ParameterSet.Normalised(parent, value))];
        if (normalised.Length == 0 || Array.Find(normalised, value => condition.Count is null || !condition.Accepts(value)) is not null)
        {
            throw new ArgumentException($"Parameters cannot depend on '{parent}' being {(normalised.Length == 0 ? "nothing" : string.Join(" or ", normalised))}: it is {condition.Range}, and a condition needs values that an integer or a choice can have.", nameof(values));
        }

        IReadOnlyList<SearchParameter> extended = sub(this).Parameters;
        if (extended.Count <= Parameters.Count || !Parameters.SequenceEqual(extended.Take(Parameters.Count)))
        {
            throw new ArgumentException($"The condition on '{parent}' adds no parameter: the function must return the space that it was given, with parameters added.", nameof(sub));
        }

        var rule = new ParameterCondition { Parent = parent, Values = normalised };
        SearchParameter[] added = [.. extended.Skip(Parameters.Count)];
        return new([.. Parameters, .. added.Select(parameter => parameter.Condition switch
        {
            null => parameter.When(rule),

            // What depends on a parameter added here is absent where that one is.
            var inner => Array.Exists(added, other => inner.DependsOn(other.Name)) ? parameter : parameter.When(inner.Within(rule)),
        })]);
    }

    /// <summary>Takes a parameter out, and those that depend on it.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">There is no such parameter.</exception>
    public SearchSpace Without(string name)
    {
        HashSet<string> gone = [this[name].Name];
        foreach (SearchParameter parameter in Parameters.Where(parameter => parameter.Condition is { } condition && gone.Any(condition.DependsOn)))
        {
            gone.Add(parameter.Name);
        }

        return new([.. Parameters.Where(parameter => !gone.Contains(parameter.Name))]);
    }

    /// <summary>The parameter of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public SearchParameter this[string name] => Parameters.FirstOrDefault(parameter => parameter.Name == name)
        ?? throw new ArgumentException($"The space has no parameter '{name}'; it has {(Parameters.Count == 0 ? "none" : string.Join(", ", Parameters.Select(parameter => parameter.Name)))}.", nameof(name));

    /// <summary>Checks that values are a point of this space: each parameter that takes part has one that it can have, and no other is there.</summary>
    /// <param name="parameters">The values.</param>
    /// <exception cref="ArgumentException">They are not; the message names the parameter and what it can be.</exception>
    public void Validate(ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        foreach (SearchParameter parameter in Parameters)
        {
            bool active = parameter.Condition?.Holds(parameters) ?? true;
            if (active != parameters.Has(parameter.Name))
            {
                throw new ArgumentException(active
                    ? $"'{parameter.Name}' has no value; it must be {parameter.Range}."
                    : $"'{parameter.Name}' has the value {parameters[parameter.Name]}, but takes part only where {parameter.Condition}. Leave it out.", nameof(parameters));
            }

            if (active && !parameter.Accepts(parameters[parameter.Name]))
            {
                throw new ArgumentException(FormattableString.Invariant($"'{parameter.Name}' is {parameters[parameter.Name]}; it must be {parameter.Range}."), nameof(parameters));
            }
        }

        if (parameters.Keys.FirstOrDefault(name => Parameters.All(parameter => parameter.Name != name)) is { } stranger)
        {
            throw new ArgumentException($"The space has no parameter '{stranger}'; it has {string.Join(", ", Parameters.Select(parameter => parameter.Name))}.", nameof(parameters));
        }
    }

    /// <summary>Writes the space as JSON: equal texts are equal spaces.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartArray();
            foreach (SearchParameter parameter in Parameters)
            {
                parameter.Write(json);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>The point whose parameters lie at given places of their unit intervals; places of parameters that take no part are not asked for.</summary>
    internal ParameterSet At(Func<SearchParameter, double> place)
    {
        ParameterSet point = ParameterSet.Empty;
        foreach (SearchParameter parameter in Parameters)
        {
            if (parameter.Condition?.Holds(point) ?? true)
            {
                point = point.With(parameter.Name, parameter.At(place(parameter)));
            }
        }

        return point;
    }

    internal void ThrowIfEmpty()
    {
        if (Parameters.Count == 0)
        {
            throw new ArgumentException("The search space has no parameter, so there is nothing to search. Begin with SearchSpace.Empty and add some, as in .LogUniform(\"rate\", 1e-5, 1e-2).");
        }
    }

    private SearchSpace With(SearchParameter parameter) => Parameters.All(other => other.Name != parameter.Name)
        ? new([.. Parameters, parameter])
        : throw new ArgumentException($"The space has a parameter '{parameter.Name}' already; names must differ.", nameof(parameter));
}
