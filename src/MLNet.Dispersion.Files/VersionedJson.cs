using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion.Files;

/// <summary>What all kinds of versioned JSON documents have in common; see <see cref="VersionedJson{T}"/>. Immutable and thread-safe.</summary>
public abstract class VersionedJson
{
    private protected VersionedJson(string name, string cure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(cure);
        (Name, Cure) = (name, cure);
    }

    /// <summary>Gets what messages call such a document.</summary>
    public string Name { get; }

    private protected static JsonSerializerOptions Strict { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        Converters = { new EnumNames() },
    };

    /// <summary>People write names wrong, and leave out what they do not need.</summary>
    private protected static JsonSerializerOptions HandWrittenOptions { get; } = new(Strict)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private protected string Cure { get; }

    /// <summary>Checks a value of a document that was read.</summary>
    /// <param name="good">Whether it can be.</param>
    /// <param name="place">Where it stands: <c>layers[2].name</c>.</param>
    /// <param name="value">What stands there.</param>
    /// <param name="rule">What it must do, as the rest of a sentence: "be at least 1".</param>
    /// <exception cref="FormatException">It cannot be.</exception>
    public void Require([DoesNotReturnIf(false)] bool good, string place, object? value, string rule)
    {
        if (!good)
        {
            string found = FormattableString.Invariant($"{value}");
            throw new FormatException($"The {Name}'s field '{place}' is {Printable.Name(found)}; it must {rule}. The document is damaged. {Cure}");
        }
    }

    /// <summary>Enums by their names, unless their type says how it is written.</summary>
    private sealed class EnumNames : JsonConverterFactory
    {
        private static readonly JsonStringEnumConverter Names = new(namingPolicy: null, allowIntegerValues: false);

        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum && !typeToConvert.IsDefined(typeof(JsonConverterAttribute), inherit: false);

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) => Names.CreateConverter(typeToConvert, options);
    }
}
